"""The deployment: settings, URLs, database, embedded servers. Nothing about photographs lives here."""
