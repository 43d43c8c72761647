"""fees and addresses, together

Revision 30c6f5d8b9a2, after a7d4e8b60c13 and e19b72f4c805, of 2021-08-11 09:30:00.
"""

revision = "30c6f5d8b9a2"
down_revision = ("a7d4e8b60c13", "e19b72f4c805")
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
