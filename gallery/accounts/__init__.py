"""People's accounts: who may open one, their language, taking everything along, and leaving."""
