"""What other people's descriptions say is done, in a clause that can follow `I need you to`."""

import pytest

from sftctl.plugins.toolcall.deeds import deed


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Searches for flights between two airports", "search for flights between two airports"),
        ("Fetches the latest price", "fetch the latest price"),
        ("Applies a discount", "apply a discount"),
        ("Renders the page", "render the page"),
        ("Runs a query and returns the rows", "run a query and return the rows"),
        ("Processes a refund", "process a refund"),
        ("Process a refund", "process a refund"),
        ("Booking a table", "book a table"),
        ("Retrieving the user's data", "retrieve the user's data"),
        ("Setting the volume", "set the volume"),
        ("A tool to calculate a tip", "calculate a tip"),
        ("This function sets the brightness", "set the brightness"),
        ("It returns the list of users", "return the list of users"),
        ("Can be used to send mail", "send mail"),
        ("Allows you to create a ticket", "create a ticket"),
        ("Use this tool to create a ticket", "create a ticket"),
        ("Use a coupon", "use a coupon"),
        ("Service a car", "service a car"),
        ("Call a contact", "call a contact"),
        ("Weather forecast for a city", "get weather forecast for a city"),
        ("PDF export of a page", "get PDF export of a page"),
        ("Whether the shop is open", "find out whether the shop is open"),
        ("Cross two parents' genotypes", "cross two parents' genotypes"),
        ("list playlists", "list playlists"),
        ("GET /search", ""),
        ("", ""),
    ],
)
def test_a_deed(description: str, expected: str) -> None:
    assert deed(description) == expected
