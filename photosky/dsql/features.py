"""What Aurora DSQL can do, as Django asks it."""

from django.db.backends.postgresql import features


class DatabaseFeatures(features.DatabaseFeatures):
    """PostgreSQL's, less what Aurora DSQL has not (user guide: "SQL feature compatibility", "Quotas and limits")."""

    # One statement of a schema to a transaction, and no row with it.
    can_rollback_ddl = False
    uses_savepoints = False
    can_release_savepoints = False
    # It has had foreign keys since August 2026. They are not used: each would add a check of the referred row to what
    # can lose a race at COMMIT, and the one row that everything refers to is its owner's.
    supports_foreign_keys = False
    can_defer_constraint_checks = False
    supports_deferrable_unique_constraints = False
    supports_forward_references = True
    supports_comments = False
    supports_expression_indexes = False
    supports_covering_indexes = False
    supports_collation_on_charfield = False
    supports_collation_on_textfield = False
    can_introspect_materialized_views = False
    can_clone_databases = False
    has_select_for_update_nowait = False
    has_select_for_update_skip_locked = False
    has_select_for_no_key_update = False
    supports_combined_alters = False
