"""Names of the table macros in the published file; what they return belongs to the modules that write them."""

from assets.contracts.table import Relation

MEASURES_IN_FORCE = Relation("marts.measures_in_force")
REVISED_BETWEEN = Relation("marts.revised_between")
REVISION_REPORT_OF = Relation("marts.revision_report")
FLAGS_FLIPPED_BETWEEN = Relation("flags.flipped_between")
CLAIMS_FLIPPED_BETWEEN = Relation("claims.flipped_between")
