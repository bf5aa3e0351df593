"""Moving a library to another database, between any two of the engines. docs/moving.md describes it to people.

What is copied stands in `tables`, the copying in `copying`, the comparison in `comparing`, what the target remembers in
`progress`, and the whole of it in `running`. The source is only ever read: `readonly` holds it to that.
"""
