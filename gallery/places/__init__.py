"""Where photos were taken: cells of the map, names of places from an offline gazetteer, clusters for a visible box."""
