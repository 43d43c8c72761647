"""Add a book, and list all books: `python shelf.py AUTHOR TITLE`."""

import sys

from models import Author, Book
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

engine = create_engine("sqlite:///books.db")


def add(session: Session, name: str, title: str) -> None:
    """Add a book, and its author if there is none of that name."""
    author = session.scalar(select(Author).where(Author.name == name)) or Author(name=name)
    session.add(Book(title=title, author=author))


if __name__ == "__main__":
    with Session(engine) as session:
        if len(sys.argv) == 3:
            add(session, sys.argv[1], sys.argv[2])
            session.commit()
        for book in session.scalars(select(Book).order_by(Book.title)):
            print(f"{book.author.name}: {book.title}")
