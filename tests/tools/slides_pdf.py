"""Print each deck of the built site to PDF beside it, without and with the notes.

Run by `make slides-pdf`; it needs a Chromium.
"""

import sys
from pathlib import Path

from browsing import launch
from playwright.sync_api import Error, sync_playwright

DECKS = Path(__file__).parents[2] / "_build/html/book/slides"
VARIANTS = {".pdf": "print-pdf", "-notes.pdf": "print-pdf&notes"}
PAGES = {"prefer_css_page_size": True, "print_background": True, "tagged": True, "outline": True}
READY = """() => Promise.all([
    document.fonts.ready, ...[...document.images].map(image => image.decode())])"""


def print_deck(browser, deck, folder):
    """Print the deck in an HTML file into the folder, and return the PDFs."""
    pdfs = []
    for ending, query in VARIANTS.items():
        page = browser.new_page()
        page.goto(f"{deck.as_uri()}?{query}")
        page.evaluate(READY)
        pdf = page.pdf(**PAGES)
        page.close()
        pdfs.append(folder / (deck.stem + ending))
        pdfs[-1].write_bytes(pdf)
    return pdfs


def main():
    """Print all decks."""
    decks = sorted(DECKS.glob("*.html"))
    if not decks:
        sys.exit("There are no slides yet: run make slides.")
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except Error as error:
            sys.exit(
                f"Printing needs a Chromium, try `playwright install chromium`: {error.message}"
            )
        for count, deck in enumerate(decks, 1):
            print(f"{count} of {len(decks)}: {deck.stem} …", flush=True)
            for pdf in print_deck(browser, deck, DECKS):
                print(pdf)
        browser.close()


if __name__ == "__main__":
    main()
