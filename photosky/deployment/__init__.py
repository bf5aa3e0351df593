"""From a clean tree to a gallery on AWS: packages, checks, the sequences of `make deploy`. Never part of a package."""
