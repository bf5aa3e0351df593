"""A stand-in for Aurora DSQL: the engine under test on a local PostgreSQL, with the cluster's rules in between."""
