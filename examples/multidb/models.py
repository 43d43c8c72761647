"""Two databases: the products of a shop, and an audit trail that another team keeps for longer."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Shop(DeclarativeBase):
    """The tables of the database `shop`."""


class Audit(DeclarativeBase):
    """The tables of the database `audit`."""


class Product(Shop):
    __tablename__ = "product"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    price: Mapped[int]  # in cents
    stock: Mapped[int] = mapped_column(server_default="0")


class Event(Audit):
    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(500))
