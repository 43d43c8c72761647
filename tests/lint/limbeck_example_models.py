"""The models of an application; the example of the rule `imports-models` imports them."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The base of the models."""


class Account(Base):
    """A model."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
