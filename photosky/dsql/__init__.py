"""Amazon Aurora DSQL as a database engine: what it lacks of PostgreSQL's, done in another way. See docs/dsql.md."""
