"""Free text read into claims: rules first, a model where one is given; what can't be read is unscored, not wrong."""

from .rules import read_statement as read_statement
from .sentences import sentences as sentences
from .statement import Statement as Statement
from .steps import claims_of as claims_of
from .steps import with_claims as with_claims
from .verdict import read_verdict as read_verdict
