"""Online shopping: products, carts, coupons, orders, shipping and returns."""

import zlib
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypedDict

from sftctl.core.tools import Between, Date, Fake, Pick, Size, tool

_PRODUCTS = (
    "wireless mouse", "yoga mat", "desk lamp", "rain jacket", "espresso machine", "jump rope", "backpack",
    "noise-cancelling headset", "cast iron skillet", "camping tent", "water bottle", "mechanical keyboard",
    "wool blanket", "electric kettle", "phone case", "office chair", "air fryer", "leather wallet",
    "sleeping bag", "bluetooth speaker", "linen shirt", "picture frame", "board game", "USB-C charger",
)  # fmt: skip
_STORES = (
    "Target", "Walmart", "Best Buy", "IKEA", "Costco", "Decathlon", "Etsy", "eBay", "Macy's", "Wayfair",
    "REI", "Home Depot", "Nordstrom", "Newegg", "Argos", "Zalando",
)  # fmt: skip
_COUNTRIES = (
    "Germany", "Canada", "Japan", "Brazil", "France", "Australia", "Mexico", "Norway", "Italy",
    "South Korea", "India", "Spain", "Poland", "New Zealand", "Ireland", "South Africa",
)  # fmt: skip
_COLORS = ("black", "white", "navy", "red", "olive green", "grey", "beige", "yellow", "teal", "burgundy")
_NOTES = (
    "leave it at the back door", "ring the bell twice", "call on arrival", "hand it to the concierge",
    "beware of the dog", "leave it with the neighbor", "put it behind the bench", "do not bend",
)  # fmt: skip
_REVIEWS = (
    "works exactly as described", "broke after two weeks", "great value for the money",
    "smaller than I expected", "my kids love it", "arrived scratched but works fine",
    "better than the expensive brands", "the color looks different from the pictures", "would buy it again",
    "the instructions are useless", "very sturdy and easy to clean", "not worth the price", "fits perfectly",
    "stopped charging after a month", "a bit noisy but does the job",
)  # fmt: skip

Product = Annotated[str, Pick(*_PRODUCTS)]
OrderId = Annotated[
    str,
    Pick(
        "ORD-10482", "ORD-77310", "ORD-55921", "A-204518", "A-998341", "A-310077", "W4471902", "W8830156",
        "W1209384", "2026-00418", "2026-01937", "2026-07755", "SO-6614", "SO-9082", "SO-3379", "#58213",
        "#40971", "PX-7731-Q", "PX-2048-L", "MK881204",
    ),
]  # fmt: skip
Sku = Annotated[
    str,
    Pick(
        "KT-1180-BLK", "SH-4421-42", "LMP-009", "BAG-3307-R", "AUD-7715", "TNT-2P-GRN", "CHR-5520",
        "MUG-014-BL", "PAN-28CM", "JKT-8812-M", "CBL-USB3-2", "TOY-6609", "BK-97801", "WLT-220-BR",
        "SPK-041", "RUG-160X230",
    ),
]  # fmt: skip
Email = Annotated[str, Fake("email")]
ShirtSize = Literal["XS", "S", "M", "L", "XL", "XXL"]


class Address(TypedDict):
    street: Annotated[str, Fake("street_address")]
    city: Annotated[str, Fake("city")]
    postal_code: Annotated[str, Fake("postcode")]


class OrderLine(TypedDict):
    quantity: Annotated[int, Between(2, 60)]
    product: Product


def _stable(low: int, high: int, *parts: object) -> int:
    """A whole number from `low` to `high` that depends on `parts` alone."""
    return low + zlib.crc32("|".join(str(part).lower() for part in parts).encode()) % (high - low + 1)


def _price(product: str) -> float:
    return _stable(899, 18999, product) / 100


def _positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if number <= 0:
            raise ValueError(f"{name} must be greater than zero")


@tool(
    asks=(
        "(Where is|Where's) my order[ {order_id}]?",
        "(Has my package shipped|Is my parcel on its way) yet?[ It's order number {order_id}.][ My email is {email}.]",
        "track order[ {order_id}]",
        "(Hi, |Hello, |)I (ordered something|placed an order) last week and (nothing has come|it isn't "
        "here) so far.[ The order is {order_id}.][ It's under {email}.] (Any news|What's going on)?",
        "Please (provide|give me) the (current|delivery) status of (my|an) order[, number {order_id}][, "
        "placed with {email}].",
        "[{order_id} - ](did this ship already|has this left the warehouse)?",
        "When I check my account I can't see what happened to my order[ {order_id}]. Can you look?",
    ),
    answer="Order {order_id} is {status}; its last known location is {last_location}.",
)
def track_order(order_id: OrderId, email: Email | None = None) -> dict[str, Any]:
    """Look up where an order is and what its delivery status is.

    Args:
        order_id: Order number as printed in the confirmation.
        email: Email address the order was placed with, for verification.
    """
    states = ("being packed", "in transit", "out for delivery", "delivered")
    places = ("the Leipzig depot", "the Memphis hub", "the Dallas warehouse", "the Rotterdam port")
    status = states[_stable(0, 3, order_id)]
    return {"order_id": order_id, "status": status, "last_location": places[_stable(0, 3, "at", order_id)]}


@tool(
    asks=(
        "(Order|Buy|Get me) {quantity} of the {product}[ and (ship|send) (it|them) to {address.street}, "
        "{address.city} {address.postal_code}][{gift_wrap:, gift wrapped|, no gift wrap}].",
        "I (want|would like|need) to (buy|order) the {product}[, quantity {quantity}][, to be delivered to "
        "{address.street} in {address.city}, postal code {address.postal_code}].[ Tell the courier: "
        "{delivery_note}.]",
        "{quantity} x {product}, ship to {address.street}, {address.city}, {address.postal_code}",
        "It's my sister's birthday soon. Could you have the {product} sent to her,[ {quantity} of them,] at "
        "{address.street}, {address.city} {address.postal_code}?[ {gift_wrap:Gift wrap it please|No "
        "wrapping needed}.]",
        "Please (place|make) a purchase: product {product}, {quantity} (units|pieces)[, delivery address "
        "{address.street}, {address.postal_code} {address.city}][, note for the driver: {delivery_note}].",
        "We just moved to {address.street}, {address.city} {address.postal_code} and need the {product}[, "
        "{quantity} pcs]. Can you (buy that|get that ordered)?",
    ),
    answer="Your order {order_id} is placed; the total is ${total}.",
)
def place_order(
    product: Product,
    quantity: Annotated[int, Between(2, 12)],
    address: Address,
    gift_wrap: bool = False,
    delivery_note: Annotated[str, Pick(*_NOTES)] | None = None,
) -> dict[str, Any]:
    """Buy a product and have it shipped to an address.

    Args:
        product: Name of the product.
        quantity: Number of units.
        address: Where to deliver: street with house number, city and postal code.
        gift_wrap: Whether to wrap the goods as a gift, for a fee of 4.99.
        delivery_note: Instruction for the courier.
    """
    _positive(quantity=quantity)
    total = round(_price(product) * quantity + (4.99 if gift_wrap else 0), 2)
    return {"order_id": f"ORD-{_stable(10000, 99999, product, address['street'])}", "total": total}


@tool(
    asks=(
        "I('d like to| want to| need to) (return|send back) the {product}[ from order {order_id}][, reason: {reason}].",
        "The {product} I got is no good[, reason {reason}][, order {order_id}]. I want my money back[ as {refund_to}].",
        "return {product}, order {order_id}, {reason}",
        "(Can you|Could you please) (open|set up) a return[ for the {product}][ in order {order_id}]?[ The "
        "reason is {reason}.][ Refund to {refund_to}.]",
        "Sending back an item. Order no.: {order_id}. Item: {product}. Reason: {reason}.[ Refund: {refund_to}.]",
        "Hey, about {order_id}: the {product} has to go back. (Just put|Please note) {reason} as the "
        "reason[ and refund me by {refund_to}].",
    ),
    answer="Return {return_number} is open; please send the {product} back within {days_left} days.",
)
def start_return(
    order_id: OrderId,
    product: Product,
    reason: Literal["defective", "damaged", "wrong size", "wrong item", "unwanted"],
    refund_to: Literal["card", "store credit", "bank transfer"] = "card",
) -> dict[str, Any]:
    """Open a return for a product of a delivered order.

    Args:
        order_id: Order number.
        product: Product to send back.
        reason: Why it is returned.
        refund_to: How the money is paid back.
    """
    days = 14 if reason == "unwanted" else 30
    return {
        "return_number": f"R{_stable(1000, 9999, order_id, product)}",
        "refund_to": refund_to,
        "days_left": days,
    }


@tool(
    asks=(
        "The shirt (I ordered|you sent) doesn't fit. Can I swap size {current_size} for {new_size}?[ The "
        "order is {order_id}.]",
        "Please exchange the dress[ I have in {current_size}][ for one in {new_size}][, order {order_id}].",
        "order {order_id}: change {current_size} to {new_size}",
        "(I need|I'd like) {new_size} instead of {current_size}[, it's order {order_id}][, "
        "{prepaid_label:with a prepaid label|no label needed}].",
        "I misjudged my size in order {order_id}.[ What I have is {current_size}.][ What I need is "
        "{new_size}.][ {prepaid_label:Send me a prepaid label|I don't need a prepaid label}.]",
        "From {current_size} to {new_size}, please - it's about {order_id}, (the sweater|the jacket|the dress).",
    ),
    answer="The exchange from {current_size} to {new_size} is registered under {exchange_id}.",
)
def exchange_size(
    order_id: OrderId, current_size: ShirtSize, new_size: ShirtSize, prepaid_label: bool = True
) -> dict[str, Any]:
    """Exchange a garment of an order for the same garment in another size.

    Args:
        order_id: Order number.
        current_size: Size that was delivered.
        new_size: Size wanted instead.
        prepaid_label: Whether to email a prepaid shipping label.
    """
    return {
        "exchange_id": f"EX{_stable(1000, 9999, order_id, current_size, new_size)}",
        "label_sent": prepaid_label,
    }


@tool(
    asks=(
        "(Cancel|Please cancel) (my|the) order[ {order_id}].",
        "I('ve| have) changed my mind about (my|the) order[ {order_id}], (stop it|call it off) before it ships.",
        "cancel {order_id}[, {comment}]",
        "(Can I|Is it possible to) still cancel (my|this) order[, number {order_id}]?[ The thing is, {comment}.]",
        "I wish to withdraw from my purchase[, order reference {order_id}].[ Comment: {comment}.]",
        "oh no, I ordered twice! Drop the second one[, {order_id}], please",
    ),
    answer="Order {order_id} has been cancelled and ${refund} will be refunded.",
)
def cancel_order(
    order_id: OrderId,
    comment: Annotated[
        str,
        Pick(
            "it takes too long", "I found it cheaper elsewhere", "I ordered by mistake",
            "I no longer need it", "I picked the wrong color", "the address is wrong",
            "my card was charged twice", "it was a duplicate",
        ),
    ]
    | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Cancel an order that has not been shipped yet.

    Args:
        order_id: Order number.
        comment: Customer's explanation.
    """
    return {"order_id": order_id, "refund": _price(order_id), "comment": comment or ""}


@tool(
    asks=(
        "(Show|Find) me {query} between ${min_price} and ${max_price}[, {in_stock_only:in stock "
        "only|including sold out ones}].",
        "I'm (looking|shopping) for {query}. My budget is (not too big|limited)[, at least {min_price} "
        "dollars][, at most {max_price} dollars].",
        "{query} ${min_price}-${max_price}[ sort by {sort_by}]",
        "What {query} do you (have|carry|sell)[ from {min_price} dollars][ up to {max_price} dollars]?[ "
        "Order them by {sort_by}.]",
        "Need a present for my dad, maybe {query}, no less than {min_price} and no more than {max_price} "
        "(bucks|dollars)[, {in_stock_only:it must be available now|it may be on backorder}].",
        "List {query} with a price of {min_price} to {max_price} USD[ in {condition} condition][, sorted by "
        "{sort_by}].",
        "(Do you sell|Have you got) {query} in the {min_price} to {max_price} dollar range[, condition {condition}]?",
    ),
    answer="I found {count} matching products; the best match is the {best_match} at ${best_price}.",
)
def search_products(
    query: Annotated[
        str,
        Pick(
            "winter boots", "gaming headsets", "kitchen knives", "smart watches", "table lamps",
            "travel bags", "bath towels", "bike helmets", "coffee grinders", "kids' puzzles",
            "garden chairs", "rain coats", "cordless drills", "cotton sheets", "fountain pens", "dog beds",
            "sunglasses", "scented candles",
        ),
    ],
    min_price: Annotated[float, Between(5, 50, 0)],
    max_price: Annotated[float, Between(60, 400, 0)],
    condition: Literal["new", "used", "refurbished"] | None = None,
    sort_by: Literal["price", "rating", "popularity", "newest"] = "popularity",
    in_stock_only: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Search the catalog for products within a price range.

    Args:
        query: Search words.
        min_price: Lowest price in US dollars.
        max_price: Highest price in US dollars.
        condition: Condition of the goods; any condition if omitted.
        sort_by: Order of the results.
        in_stock_only: Whether to leave out products that are sold out.
    """
    if min_price > max_price:
        raise ValueError("min_price must not exceed max_price")
    cents = _stable(int(min_price * 100), int(max_price * 100), query, condition, sort_by)
    brand = ("Nordal", "Kestrel", "Oakline", "Verano")[_stable(0, 3, query)]
    return {
        "count": _stable(3, 60, query, in_stock_only),
        "best_match": f"{brand} {query}",
        "best_price": cents / 100,
    }


@tool(
    asks=(
        "(What is|What's) (that|this) product[ with SKU {sku}]?",
        "Give me the details of (an|that) item[, {sku}][, {include_reviews:with customer reviews|without "
        "the reviews}].",
        "sku {sku}",
        "(The label|The tag|The box) says {sku}. (Which product is that|What is it and what does it cost)?",
        "Please (retrieve|pull up) the catalog entry of (the|that) article[ numbered {sku}][, "
        "{include_reviews:reviews included|no reviews}].",
        "how much is {sku}[ and {include_reviews:what do people say about it|skip the reviews}]",
    ),
    answer="{sku} is the {name}, priced at ${price}.",
)
def get_product_by_sku(sku: Sku, include_reviews: bool = False) -> dict[str, Any]:
    """Fetch name, price and stock of the product with a given stock keeping unit.

    Args:
        sku: Stock keeping unit, as printed on the label.
        include_reviews: Whether to add customer reviews.
    """
    name = _PRODUCTS[_stable(0, len(_PRODUCTS) - 1, sku)]
    entry: dict[str, Any] = {"name": name, "price": _price(sku), "in_stock": _stable(0, 90, sku)}
    if include_reviews:
        entry["reviews"] = [_REVIEWS[_stable(0, len(_REVIEWS) - 1, sku, number)] for number in range(2)]
    return entry


@tool(
    asks=(
        "(Add|Put) the {product} (to|in|into) my (cart|basket)[, {quantity} of them].",
        "I'll take the {product}[ in {color}], (keep it in|add it to) the cart (for now|please).",
        "cart: {product}[ x{quantity}][ {color}]",
        "(Can|Could) you throw (a|one) of those in my (basket|cart)? I mean the {product}[, {color}].",
        "(Please |)place (another item|one more thing) in my shopping (cart|bag)[, the {product}]. I('m not "
        "done shopping| will pay later).",
        "Before I check out, I also want the {product} in the cart[, {quantity} pieces].",
    ),
    answer="The {product} is in your cart, which now comes to ${cart_value}.",
)
def cart_add_item(
    product: Product,
    quantity: Annotated[int, Between(2, 9)] = 1,
    color: Annotated[str, Pick(*_COLORS)] | None = None,
) -> dict[str, Any]:
    """Put a product into the shopping cart without buying it yet.

    Args:
        product: Name of the product.
        quantity: Number of units.
        color: Color variant.
    """
    _positive(quantity=quantity)
    return {
        "added": quantity,
        "color": color or "default",
        "cart_value": round(_price(product) * quantity, 2),
    }


@tool(
    asks=(
        "(Remove|Delete|Take) the {product} (from|out of) my (cart|basket).",
        "I don't want the {product} any more, take it out of the cart.",
        "drop {product} from cart",
        "My cart is too expensive. (Get rid of one item|Kick something out)[, the {product}], please.",
        "(Could you|Would you) please delete (an item|something) from my basket[, namely the {product}]?",
        "Actually, no {product}. I haven't paid yet, just clear it from my basket.",
    ),
    answer="The {product} is no longer in your cart; {result} items remain.",
)
def remove_from_cart(product: Product) -> int:
    """Take a product out of the shopping cart; returns the number of items left.

    Args:
        product: Name of the product in the cart.
    """
    return _stable(0, 8, product, "left")


@tool(
    asks=(
        "(What will I pay|What do I pay) for items at {prices} dollars[ with {tax_rate}% sales tax][ and "
        "${shipping_fee} shipping]?",
        "(Add up|Sum up) my basket: {prices} dollars[, tax {tax_rate} percent][, shipping {shipping_fee}].",
        "{prices} plus {tax_rate}% tax",
        "I have things for {prices} dollars in my cart and (there is|we pay) sales tax on top[, {tax_rate} "
        "percent]. (How much is that|What's the total)?",
        "Kindly compute the amount due for a cart with the prices {prices}[ at a tax rate of {tax_rate}%][, "
        "plus a delivery charge of {shipping_fee} dollars].",
        "Tax is {tax_rate}%. The prices are {prices}. (Total|Grand total)?",
    ),
    answer="The cart comes to ${total}, of which ${tax} is tax.",
)
def cart_total(
    prices: Annotated[list[Annotated[float, Between(2, 150, 2)]], Size(2, 5)],
    tax_rate: Annotated[float, Between(4, 22)],
    shipping_fee: Annotated[float, Pick(3.99, 4.5, 5.95, 7.0, 9.99, 12.5)] = 0.0,
) -> dict[str, float]:
    """Add up the prices in a cart, with sales tax and shipping.

    Args:
        prices: Price of each item in dollars, before tax.
        tax_rate: Sales tax in percent.
        shipping_fee: Untaxed shipping fee in dollars.
    """
    tax = sum(prices) * tax_rate / 100
    return {"total": round(sum(prices) + tax + shipping_fee, 2), "tax": round(tax, 2)}


@tool(
    asks=(
        "(Apply|Use|Redeem) (coupon|promo code|voucher) {code} on my ${subtotal} (order|cart).",
        "Does (the|my) code[ {code}] work on a purchase of {subtotal} dollars[, {first_order:it's my first "
        "order|I've ordered before}]?",
        "{code} on ${subtotal}",
        "My cart stands at {subtotal} dollars and I (have|found) a voucher[ that says {code}]. What do I "
        "pay (then|with it)?",
        "I would like to redeem the promotional code {code}[ against a subtotal of {subtotal} dollars].",
        "got a discount code, {code}, how much would I save[ on {subtotal} bucks][ as {first_order:a new "
        "customer|an existing customer}]",
    ),
    answer="With {code} you save ${saved} and pay ${new_total}.",
)
def apply_coupon(
    code: Annotated[
        str,
        Pick(
            "SAVE10", "SPRING25", "WELCOME5", "FREESHIP", "BFRIDAY30", "SUMMER15", "VIP20", "THANKYOU",
            "HELLO12", "XMAS24", "LUCKY7", "BACK2SCHOOL", "MAYDAY", "FRIENDS40", "TAKE8OFF", "GARDEN18",
        ),
    ],
    subtotal: Annotated[float, Between(20, 600, 2)],
    first_order: bool = False,
) -> dict[str, float]:  # fmt: skip
    """Apply a coupon code to the subtotal of a cart.

    Args:
        code: Coupon code.
        subtotal: Value of the cart in dollars.
        first_order: Whether the customer has never ordered before.
    """
    _positive(subtotal=subtotal)
    percent = int("".join(c for c in code if c.isdigit()) or 5) + (5 if first_order else 0)
    saved = round(subtotal * min(percent, 60) / 100, 2)
    return {"saved": saved, "new_total": round(subtotal - saved, 2)}


@tool(
    asks=(
        "(How much|What) does it cost to (ship|send) a {weight_kg} kg (parcel|package|box)[ to {country}][ "
        "by {speed} delivery]?",
        "Shipping (price|cost|rate) for {weight_kg} kg[ to {country}][, {speed}][, {insured:insured|not insured}]?",
        "{weight_kg}kg {country}[ {speed}]",
        "I (sold|have) something[ that weighs {weight_kg} kg] and the buyer is in {country}. What "
        "(will|would) postage be[ {insured:with insurance|without insurance}]?",
        "Please quote the shipping charges for a consignment[ of {weight_kg} kilograms][ bound for "
        "{country}][ with {speed} service].",
        "My cousin lives in {country}. Roughly what would I pay to mail her (some stuff|a box)[ weighing "
        "{weight_kg} kilos][, {insured:fully insured|uninsured}]?",
    ),
    answer="Shipping {weight_kg} kg to {country} costs ${result}.",
)
def shipping_cost_estimate(
    weight_kg: Annotated[float, Between(0.2, 30)],
    country: Annotated[str, Pick(*_COUNTRIES)],
    speed: Literal["economy", "standard", "express"] = "standard",
    insured: bool = False,
) -> float:
    """Estimate the price in US dollars of shipping a parcel abroad.

    Args:
        weight_kg: Weight of the parcel in kilograms.
        country: Destination country.
        speed: Service level.
        insured: Whether the parcel is insured.
    """
    _positive(weight_kg=weight_kg)
    rate = {"economy": 2.1, "standard": 3.4, "express": 6.8}[speed]
    return round(_stable(600, 1800, country) / 100 + weight_kg * rate + (3.5 if insured else 0), 2)


@tool(
    asks=(
        "If I order on {order_date}, when will it arrive[ at zip code {postal_code}][ with {method} delivery]?",
        "(When|What day) would a package ordered on {order_date} (arrive|get here)[, my postcode being {postal_code}]?",
        "arrival date {postal_code}, ordered {order_date}[, {method}]",
        "I live in {postal_code}. (Suppose I buy|Say I buy) it[ on {order_date}][ and choose {method}], "
        "what's the delivery date?",
        "Kindly state the expected delivery date for an order[ dated {order_date}][ to postal code {postal_code}].",
        "It has to be there before the party! (Ordering|I'm ordering) on {order_date} to {postal_code}, so "
        "by which day (is it here|is it delivered)?",
    ),
    answer="An order from {order_date} should arrive on {result}.",
)
def expected_delivery_date(
    order_date: Date,
    postal_code: Annotated[str, Fake("postcode")],
    method: Literal["standard", "express", "overnight"] = "standard",
) -> str:
    """Work out on which day a future order would be delivered.

    Args:
        order_date: Day of the order (YYYY-MM-DD).
        postal_code: Destination postal code.
        method: Delivery method.
    """
    days = {"standard": _stable(3, 6, postal_code), "express": 2, "overnight": 1}[method]
    return (date.fromisoformat(order_date) + timedelta(days=days)).isoformat()


@tool(
    asks=(
        "(Where|In which shop) is the {product} cheapest[, {stores}]?",
        "Compare (prices|what shops charge) for the {product}[ (at|across) {stores}].",
        "{product}: {stores}[, {include_shipping:with shipping|before shipping}]",
        "I('m about to| want to) buy the {product}, but where?[ I could go to {stores}.] Whoever is "
        "cheapest[, {include_shipping:delivery included|not counting delivery}].",
        "Check {stores} and tell me who has the best deal on the {product}.",
        "A price comparison is needed[ for the {product}][, covering the retailers {stores}].",
    ),
    answer="{cheapest_store} has the best price for the {product}: ${lowest_price}.",
)
def compare_store_prices(
    product: Product,
    stores: Annotated[list[Annotated[str, Pick(*_STORES)]], Size(2, 4)],
    include_shipping: bool = False,
) -> dict[str, Any]:
    """Compare the price of one product at several retailers.

    Args:
        product: Name of the product.
        stores: Retailers to compare.
        include_shipping: Whether prices include shipping to the door.
    """
    if not stores:
        raise ValueError("stores must not be empty")
    fee = 5.99 if include_shipping else 0
    prices = {s: round(_price(product) * _stable(80, 120, s, product) / 100 + fee, 2) for s in stores}
    cheapest = min(prices, key=lambda store: prices[store])
    return {"cheapest_store": cheapest, "lowest_price": prices[cheapest], "prices": prices}


@tool(
    asks=(
        'I want to (leave|write|post) a review: {product}, {stars} out of 5, "{text}"[, '
        "{anonymous:anonymously|under my name}].",
        'Rate the {product}[ with a {stars}] and (say|write) "{text}".',
        "{product} {stars}/5 {text}",
        "About the {product} I bought last month: {text}. (Publish|Post) that[ with a rating of {stars}][ "
        "{anonymous:without my name|with my name}].",
        "Please submit my feedback[ on the {product}].[ Rating: {stars}.][ Comment: {text}.]",
        'Can you tell other customers that the {product} is a {stars} out of 5 because "{text}"?',
    ),
    answer="Your {stars}-star review of the {product} is published.",
)
def write_review(
    product: Product,
    stars: Annotated[int, Between(1, 5)],
    text: Annotated[str, Pick(*_REVIEWS)],
    anonymous: bool = False,
) -> dict[str, Any]:
    """Publish a customer review of a product.

    Args:
        product: Name of the product.
        stars: Rating from 1 (worst) to 5 (best).
        text: What the review says.
        anonymous: Whether to hide the name of the reviewer.
    """
    if not 1 <= stars <= 5:
        raise ValueError("stars must be from 1 to 5")
    return {"review_id": _stable(10000, 99999, product, text), "author": "anonymous" if anonymous else "you"}


@tool(
    asks=(
        "(Quote|Price) a wholesale order for {customer}: {lines}[, {discount_percent}% off].",
        "What would {customer} pay for {lines}[ with {discount_percent} percent off]?",
        "bulk quote {customer}, {lines}",
        "A business client[ called {customer}] wants {lines}. (How much is that in all|Give me a total)[ "
        "after a {discount_percent}% discount].",
        "Please prepare an offer[ for {customer}][ covering {lines}].",
        "{customer} is (restocking|ordering in bulk) again, this time {lines}. What's the price?",
    ),
    answer="The quote for {customer} comes to ${total} for {units} units.",
)
def bulk_order_quote(
    customer: Annotated[str, Fake("company")],
    lines: Annotated[list[OrderLine], Size(1, 3)],
    discount_percent: Annotated[float, Pick(2.5, 5.0, 7.5, 10.0, 12.0, 15.0)] = 0.0,
) -> dict[str, Any]:
    """Price a wholesale order of several products for a business customer.

    Args:
        customer: Name of the company.
        lines: Products with their quantities.
        discount_percent: Discount on the whole order in percent.
    """
    if not lines or any(line["quantity"] <= 0 for line in lines):
        raise ValueError("every line needs a positive quantity")
    full = sum(_price(line["product"]) * line["quantity"] for line in lines)
    units = sum(line["quantity"] for line in lines)
    return {"customer": customer, "total": round(full * (1 - discount_percent / 100), 2), "units": units}
