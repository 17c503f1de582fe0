"""Real estate and its surroundings: homes, rent, mortgages, insurance and the law."""

import zlib
from typing import Annotated, Any, Literal, TypedDict

from sftctl.core.tools import Between, Date, Fake, Pick, Size, Time, tool

_STATES = (
    "California", "Texas", "New York", "Florida", "Illinois", "Ohio", "Georgia", "Oregon", "Colorado",
    "Michigan", "Washington", "Arizona", "Massachusetts", "Virginia", "Minnesota", "Nevada", "Tennessee",
    "New Jersey",
)  # fmt: skip
_CITIES = (
    "Austin", "Denver", "Seattle", "Boston", "Chicago", "Portland", "Atlanta", "Nashville", "Phoenix",
    "San Diego", "Raleigh", "Minneapolis", "Tampa", "Pittsburgh", "Sacramento", "Columbus", "Lisbon",
    "Toronto", "Dublin",
)  # fmt: skip
_AMENITIES = (
    "parking", "a balcony", "a garden", "a pool", "an elevator", "in-unit laundry", "a fireplace", "a gym",
    "air conditioning", "a dishwasher", "a garage", "central heating", "a basement", "a home office",
    "a terrace",
)  # fmt: skip
_TOPICS = (
    "security deposits", "trademark infringement", "wrongful termination", "breach of contract",
    "eminent domain", "medical malpractice", "boundary disputes", "copyright fair use", "product liability",
    "water rights", "adverse possession", "noise nuisance", "lease renewal", "wage theft",
    "zoning variances", "data privacy",
)  # fmt: skip
_CLAUSES = (
    "Either party may terminate with 30 days notice", "All warranties are excluded",
    "Disputes shall be settled by arbitration", "The deposit is not refundable",
    "Fees may be raised at any time", "The right of inspection is waived",
    "Liability is limited to the amount paid", "This agreement renews automatically each year",
    "Late payment carries a fee of five percent per day", "Oral side agreements are void",
    "The contract may be assigned to third parties", "The losing party bears all legal costs",
    "Notices must be sent by registered mail", "The jurisdiction is that of Delaware",
    "Payment is due within seven days", "Silence counts as consent to any change",
)  # fmt: skip

City = Annotated[str, Pick(*_CITIES)]
State = Annotated[str, Pick(*_STATES)]
HomePrice = Annotated[
    int,
    Pick(185000, 240000, 275000, 310000, 349000, 395000, 420000, 465000, 510000, 585000, 640000, 720000, 850000),
]


class Home(TypedDict):
    street: Annotated[str, Fake("street_address")]
    city: City
    square_feet: Annotated[int, Between(650, 3800)]
    year_built: Annotated[int, Between(1925, 2022)]


def _stable(low: int, high: int, *parts: object) -> int:
    """A whole number from `low` to `high` that depends on `parts` alone."""
    return low + zlib.crc32("|".join(str(part).lower() for part in parts).encode()) % (high - low + 1)


def _positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if number <= 0:
            raise ValueError(f"{name} must be greater than zero")


def _payment(loan: float, rate: float, years: int) -> float:
    """Monthly payment of a loan at `rate` percent a year."""
    monthly = rate / 1200
    return loan * monthly / (1 - (1 + monthly) ** (-12 * years))


@tool(
    asks=(
        "(Show|Find) me {property_type}s for sale in {city} between {min_price} and {max_price} dollars[ "
        "with at least {bedrooms} bedrooms].",
        "We'd like to buy a {property_type}[ in {city}], from {min_price}[ up to {max_price}] dollars.",
        "{property_type} {city} ${min_price}-${max_price}[ {bedrooms} br][ {features}]",
        "I got a job in {city} and we're ready to buy something (of our own|for the family), a "
        "{property_type}. It should cost at least {min_price}[ and at most {max_price}] dollars[ and have "
        "{features}].",
        "Kindly list every {property_type} on the market[ in {city}] priced from {min_price} to {max_price} "
        "dollars[, equipped with {features}].",
        "What can I (buy|purchase) in {city}? Budget: {min_price} to {max_price} dollars.[ It has to be a "
        "{property_type}.][ We need {bedrooms} bedrooms.]",
    ),
    answer="There are {count} matching homes in {city}; the cheapest costs ${cheapest}.",
)
def search_homes_for_sale(
    city: City,
    property_type: Literal["house", "condo", "townhouse", "cottage"],
    min_price: Annotated[int, Pick(120000, 150000, 175000, 200000, 225000, 250000, 280000)],
    max_price: Annotated[int, Pick(320000, 350000, 400000, 450000, 500000, 575000, 650000, 800000)],
    bedrooms: Annotated[int, Between(2, 5)] | None = None,
    features: Annotated[list[Annotated[str, Pick(*_AMENITIES)]], Size(1, 3)] | None = None,
) -> dict[str, Any]:
    """Search for homes to buy.

    Args:
        city: City to search in.
        property_type: Kind of home.
        min_price: Lowest price in dollars.
        max_price: Highest price in dollars.
        bedrooms: Smallest number of bedrooms.
        features: Features the home must have.
    """
    if min_price > max_price:
        raise ValueError("min_price must not exceed max_price")
    count = _stable(1, 40, city, property_type, bedrooms, features)
    return {"count": count, "cheapest": _stable(min_price // 1000, max_price // 1000, city, count) * 1000}


@tool(
    asks=(
        "(Find|Look for) an apartment[ in {city}] for rent under {max_rent} dollars a month[, "
        "{pets_allowed:pets allowed|pets not needed}].",
        "I (want|need) to rent something[ in {city}], {max_rent} dollars at the very most[, {bedrooms} "
        "bedrooms][, {furnished:furnished|without furniture}].",
        "rentals {city} max {max_rent}[ {bedrooms} bed][ from {move_in}]",
        "My lease is ending soon. What's available to tenants in {city}[ at {max_rent} dollars or less][ as "
        "of {move_in}]?",
        "Please search for rental accommodation in {city}[ not exceeding {max_rent} dollars per month][, "
        "{furnished:furnished|unfurnished}].",
        "Moving to {city} with my partner, we can pay {max_rent} a month tops[, need {bedrooms} bedrooms][, "
        "{pets_allowed:our dog comes along|we have no pets}].",
    ),
    answer="I found {count} rentals in {city}, starting at ${lowest_rent} a month.",
)
def find_rentals(
    city: City,
    max_rent: Annotated[int, Pick(850, 1000, 1150, 1300, 1450, 1600, 1800, 2000, 2250, 2500, 2900, 3400)],
    bedrooms: Annotated[int, Between(2, 4)] = 1,
    pets_allowed: bool = False,
    furnished: bool | None = None,
    move_in: Date | None = None,
) -> dict[str, Any]:
    """Search for homes to rent.

    Args:
        city: City to search in.
        max_rent: Highest rent in dollars per month.
        bedrooms: Smallest number of bedrooms.
        pets_allowed: Whether pets must be allowed.
        furnished: Whether the home must be furnished or unfurnished; either if omitted.
        move_in: First day of the tenancy (YYYY-MM-DD).
    """
    _positive(max_rent=max_rent, bedrooms=bedrooms)
    count = _stable(2, 45, city, bedrooms, pets_allowed, furnished, move_in)
    return {"count": count, "lowest_rent": round(max_rent * _stable(60, 95, city, count) / 100)}


@tool(
    asks=(
        "How (much house|expensive a home) can I afford (on|with) {annual_income} dollars a year[ and "
        "{monthly_debts} dollars of monthly debts]?",
        "We (make|earn) {annual_income} dollars together[ and owe {monthly_debts} dollars a month on other "
        "loans]. What price range should we look at[ with {down_payment} dollars of savings]?",
        "affordability: income {annual_income}, debts {monthly_debts}/mo[, down {down_payment}][, rate {rate}%]",
        "My car loan and student loan are {monthly_debts} dollars a month. Before I go house hunting, "
        "what's my limit[ on a salary of {annual_income} dollars][ at {rate}% interest]?",
        "Please assess the maximum purchase price for a household with obligations of {monthly_debts} "
        "dollars a month[ and yearly earnings of {annual_income} dollars].",
        "tired of renting, what could I buy? {annual_income} a year[, {monthly_debts} a month goes to "
        "debts][, {down_payment} saved]",
    ),
    answer="You can afford a home of up to ${max_price}, paying about ${monthly_budget} a month.",
)
def mortgage_affordability(
    annual_income: Annotated[int, Pick(54000, 62000, 70500, 78000, 85000, 96000, 110000, 125000, 148000, 180000)],
    monthly_debts: Annotated[int, Between(80, 900)],
    down_payment: Annotated[int, Pick(10000, 15000, 20000, 30000, 45000, 60000, 80000)] = 0,
    rate: Annotated[float, Between(4, 8, 2)] = 6.5,
) -> dict[str, int]:
    """Estimate the highest home price a buyer can afford, by the 36% debt rule.

    Args:
        annual_income: Gross income per year in dollars.
        monthly_debts: Payments on other debts per month in dollars.
        down_payment: Savings available for the down payment, in dollars.
        rate: Mortgage rate per year in percent.
    """
    _positive(annual_income=annual_income, rate=rate)
    budget = max(0.0, annual_income / 12 * 0.36 - monthly_debts)
    loan = budget / _payment(1, rate, 30)
    return {"max_price": round(loan + down_payment), "monthly_budget": round(budget)}


@tool(
    asks=(
        "(Compare|Get me) mortgage offers for {loan_amount} dollars over {term_years} years[, credit score "
        "{credit_score}].",
        "(Which|What) lender has the best rate[ on a {loan_amount} dollar mortgage][ with a score of "
        "{credit_score}]? I want it for {term_years} years.",
        "mortgage rates {loan_amount}, {term_years}y, score {credit_score}[, {rate_type}]",
        "We found our dream house! The bank wants to know about the loan: {loan_amount} dollars[, "
        "{term_years} years][, our credit score is {credit_score}]. Who's cheapest[ at a {rate_type} rate]?",
        "Please obtain quotations from lenders for a home loan[ of {loan_amount} dollars] with a "
        "{term_years} year maturity[, applicant's credit score {credit_score}][, {rate_type} interest].",
        "Credit score {credit_score}[, borrowing {loan_amount} dollars][, {term_years} years], (which bank "
        "should I pick|who gives me the best deal)?",
    ),
    answer="{best_lender} offers the best rate, {best_rate}%, or ${monthly_payment} a month.",
)
def compare_mortgage_lenders(
    loan_amount: HomePrice,
    credit_score: Annotated[int, Between(580, 840)],
    term_years: Literal[10, 15, 20, 30],
    rate_type: Literal["fixed", "adjustable"] = "fixed",
) -> dict[str, Any]:
    """Compare the mortgage rates of several lenders.

    Args:
        loan_amount: Amount to borrow in dollars.
        credit_score: Credit score of the applicant, from 300 to 850.
        term_years: Term of the mortgage in years.
        rate_type: Whether the rate stays the same or is adjusted.
    """
    if not 300 <= credit_score <= 850:
        raise ValueError("credit_score must be from 300 to 850")
    base = 5.2 + (850 - credit_score) / 200 + term_years / 60 - (0.4 if rate_type == "adjustable" else 0)
    lenders = ("Harbor Bank", "Pine Credit Union", "Summit Home Loans", "First Meridian")
    rates = {name: round(base + _stable(0, 40, name, loan_amount) / 100, 2) for name in lenders}
    best = min(rates, key=lambda name: rates[name])
    payment = round(_payment(loan_amount, rates[best], term_years), 2)
    return {"best_lender": best, "best_rate": rates[best], "monthly_payment": payment, "rates": rates}


@tool(
    asks=(
        "What('s| is) the rental yield of a flat bought for {purchase_price} dollars[ and let at "
        "{monthly_rent} dollars a month]?",
        "I (could|might) buy a place for {purchase_price} dollars (as an investment|and let it out)[, the "
        "tenants pay {monthly_rent} dollars a month][, costs are {annual_costs} dollars a year]. (What "
        "return is that|Is it a good return)?",
        "yield {purchase_price} rent {monthly_rent}/mo[ costs {annual_costs}/yr]",
        "A tenant (pays|would pay) {monthly_rent} a month. What percentage do I earn a year[ if the "
        "apartment costs {purchase_price} dollars][ and sits empty {vacancy_percent}% of the time]?",
        "Please compute the return on (the|a) let property[ acquired at {purchase_price} dollars] "
        "generating {monthly_rent} dollars of rent monthly[, with yearly expenses of {annual_costs} "
        "dollars].",
        "landlord math: bought at {purchase_price}[, rent is {monthly_rent} a month][, vacancy "
        "{vacancy_percent}%], what's my return in percent?",
    ),
    answer="The property yields {net_yield}% net and {gross_yield}% gross.",
)
def rental_yield(
    purchase_price: HomePrice,
    monthly_rent: Annotated[int, Between(900, 3600)],
    annual_costs: Annotated[int, Between(800, 6000)] = 0,
    vacancy_percent: Annotated[float, Between(2, 12)] = 0.0,
) -> dict[str, float]:
    """Calculate the yearly yield of a rented-out property.

    Args:
        purchase_price: Price of the property in dollars.
        monthly_rent: Rent per month in dollars.
        annual_costs: Costs per year in dollars.
        vacancy_percent: Share of the time without a tenant in percent.
    """
    _positive(purchase_price=purchase_price, monthly_rent=monthly_rent)
    gross = 12 * monthly_rent
    net = gross * (1 - vacancy_percent / 100) - annual_costs
    return {
        "gross_yield": round(100 * gross / purchase_price, 2),
        "net_yield": round(100 * net / purchase_price, 2),
    }


@tool(
    asks=(
        "(Book|Arrange) a viewing of {address}[ for {visitor}][ on {day}][ at {start_time}].",
        "I saw your listing at {address} and would love to (see|visit) it[ on {day}][ at {start_time}]. My "
        "name is {visitor}[ and my number is {phone}].",
        "tour {address} {day} {start_time} {visitor}[ {virtual:by video|in person}]",
        "{visitor} is interested in {address}. Would {start_time} (work|suit you)[ on {day}]?[ The number "
        "to call is {phone}.]",
        "Please schedule an appointment to inspect the property located at {address}[, date {day}][, time "
        "{start_time}][, name of the visitor {visitor}].",
        "We can't wait to look at the place[, {address}]! Put us down as {visitor} for {start_time} on "
        "{day}[, {virtual:a video call is fine|we'll come over}].",
    ),
    answer="The viewing of {address} is set for {day} at {start_time}; {agent} will show you around.",
)
def schedule_viewing(
    address: Annotated[str, Fake("street_address")],
    visitor: Annotated[str, Fake("name")],
    day: Date,
    start_time: Time,
    virtual: bool = False,
    phone: Annotated[str, Fake("basic_phone_number")] | None = None,
) -> dict[str, Any]:
    """Arrange a visit to a home that is for sale or rent.

    Args:
        address: Street address of the home.
        visitor: Name of the person who comes.
        day: Day of the visit (YYYY-MM-DD).
        start_time: Start of the visit (24-hour HH:MM).
        virtual: Whether it is a video tour instead of a visit.
        phone: Phone number of the visitor.
    """
    agents = ("Dana Whitfield", "Marcus Lee", "Priya Raman", "Oscar Lund")
    return {"agent": agents[_stable(0, 3, address)], "virtual": virtual, "contact": phone or visitor}


@tool(
    asks=(
        "What('s| is) my home worth?[ It's at {home.street} in {home.city}, has {home.square_feet} square "
        "feet and was built in {home.year_built}.][ The condition is {condition}.]",
        "(Estimate|Appraise) the value of {home.street}, {home.city}: {home.square_feet} sq ft, built "
        "{home.year_built}[, condition {condition}].",
        "value {home.street} {home.city} {home.square_feet}sqft {home.year_built}[ {condition}]",
        "We're thinking about selling. The place is from {home.year_built}, measures {home.square_feet} "
        "square feet and stands at {home.street}, {home.city}[, {renovated:recently renovated|never "
        "renovated}]. (What could we ask for it|What's a fair price)?",
        "Please furnish an appraisal of the residence[ located at {home.street}, {home.city}, with a floor "
        "area of {home.square_feet} square feet, constructed in {home.year_built}][, in {condition} "
        "condition].",
        "my neighbor sold for a fortune, how about ours?[ {home.street}, {home.city}, {home.square_feet} "
        "square feet, year {home.year_built}.][ It {renovated:has been renovated|needs renovation}.]",
    ),
    answer="The home is worth about ${value}, or ${per_square_foot} per square foot.",
)
def estimate_home_value(
    home: Home,
    condition: Literal["poor", "fair", "good", "excellent"] = "good",
    renovated: bool = False,
) -> dict[str, int]:
    """Estimate the market value of a home.

    Args:
        home: Street address, city, floor area in square feet and year of construction.
        condition: General condition.
        renovated: Whether it was renovated in the last ten years.
    """
    _positive(square_feet=home["square_feet"])
    factor = {"poor": 0.8, "fair": 0.9, "good": 1.0, "excellent": 1.12}[condition] * (1.08 if renovated else 1)
    per_foot = round((_stable(180, 420, home["city"]) + (home["year_built"] - 1970) * 0.6) * factor)
    return {"value": per_foot * home["square_feet"], "per_square_foot": per_foot}


@tool(
    asks=(
        "(What does it cost|How much is it) to insure a {dwelling} worth {rebuild_cost} dollars in {state}[ "
        "with a {deductible} dollar deductible]?",
        "Quote me homeowners insurance[ in {state}], {dwelling}, rebuilding cost {rebuild_cost} dollars[, "
        "{flood_cover:with flood cover|no flood cover}].",
        "home insurance {state} {dwelling} {rebuild_cost}[ ded. {deductible}]",
        "My policy was cancelled and I need a new one for my {dwelling} in {state}.[ Replacing it would "
        "cost {rebuild_cost} dollars.][ The deductible can be {deductible} dollars.]",
        "Please provide an annual premium for the insurance of a {dwelling}[ situated in {state}][, sum "
        "insured {rebuild_cost} dollars][, {flood_cover:including|excluding} flood damage].",
        "just bought a {dwelling}, what will insurance run me a year[ in {state}][, the building's worth "
        "{rebuild_cost} dollars]?",
    ),
    answer="Insuring the {dwelling} in {state} costs ${annual_premium} a year.",
)
def home_insurance_quote(
    state: State,
    dwelling: Literal["house", "condo", "mobile home", "townhouse"],
    rebuild_cost: HomePrice,
    deductible: Annotated[int, Pick(500, 750, 1500, 2000, 2500, 5000)] = 1000,
    flood_cover: bool = False,
) -> dict[str, float]:
    """Quote the yearly premium for insuring a home one owns.

    Args:
        state: US state.
        dwelling: Kind of home.
        rebuild_cost: Cost of rebuilding it in dollars.
        deductible: Part of each damage the owner bears, in dollars.
        flood_cover: Whether flood damage is covered.
    """
    _positive(rebuild_cost=rebuild_cost)
    rate = {"house": 0.4, "condo": 0.25, "mobile home": 0.7, "townhouse": 0.33}[dwelling] / 100
    premium = rebuild_cost * rate * _stable(80, 150, state) / 100 * (1.1 - deductible / 20000)
    premium += 640 if flood_cover else 0
    return {"annual_premium": round(premium, 2), "monthly_premium": round(premium / 12, 2)}


@tool(
    asks=(
        "What would renters insurance cost for {belongings_value} dollars of (stuff|belongings) in {city}[, "
        "{roommates} roommates]?",
        "I rent (a flat|an apartment)[ in {city}] and want my things covered[, they're worth about "
        "{belongings_value} dollars][, {liability:including liability|without liability}].",
        "renters policy {city} {belongings_value}[ {liability:with liability|no liability}]",
        "Someone broke into my neighbor's flat. My furniture and laptop are worth {belongings_value} "
        "dollars, what would a tenant policy cost me[ in {city}][ with {roommates} roommates]?",
        "Please state the monthly premium of a tenant's contents policy[ for a residence in {city}][, "
        "contents valued at {belongings_value} dollars].",
        "Tenant here, {city}. How much to insure my belongings[ worth {belongings_value}]?",
    ),
    answer="Covering ${belongings_value} of belongings in {city} costs ${result} a month.",
)
def renters_policy_premium(
    city: City,
    belongings_value: Annotated[int, Pick(5000, 8000, 12000, 15000, 20000, 25000, 30000, 40000, 55000)],
    roommates: Annotated[int, Between(2, 4)] = 0,
    liability: bool = True,
) -> float:
    """Calculate the monthly premium for insuring a tenant's belongings.

    Args:
        city: City of the rented home.
        belongings_value: Value of the belongings in dollars.
        roommates: Number of roommates who are covered too.
        liability: Whether personal liability is covered.
    """
    _positive(belongings_value=belongings_value)
    return round(4 + belongings_value * _stable(3, 6, city) / 10000 + 1.5 * roommates + (2.5 if liability else 0), 2)


@tool(
    asks=(
        "I want to (file|report) a claim on policy {policy_number}: {damage} on {incident_date}, loss "
        "{amount} dollars.",
        "We had {damage}[ on {incident_date}] and repairs cost {amount} dollars.[ Our policy is "
        "{policy_number}.][ {emergency:Please send help at once|It's not urgent}.]",
        "claim {policy_number}, {damage}, {incident_date}, {amount} dollars[, {emergency:urgent|no rush}]",
        "What a mess, {damage}! It happened on {incident_date}. I want my insurance to pay[ the {amount} "
        "dollars][, number {policy_number}].",
        "Please register a loss[ under policy {policy_number}]. Cause: {damage}.[ Date of occurrence: "
        "{incident_date}.][ Estimated amount: {amount} dollars.]",
        "because of {damage}[ on {incident_date}] I've lost around {amount} dollars' worth of things, can I "
        "get that back?[ I'm insured under {policy_number}.]",
    ),
    answer="Claim {claim_number} is filed; an adjuster will call within {days} days.",
)
def file_insurance_claim(
    policy_number: Annotated[
        str,
        Pick(
            "HO-448120", "HO-771904", "HO-105583", "PL-2209-77", "PL-6613-04", "PL-9087-31", "RNT55210",
            "RNT83347", "RNT10926", "A7-330-918", "A7-518-226", "KX-90417", "KX-22860", "GH-1184-B",
            "GH-7072-C", "ZT-660-12",
        ),
    ],
    damage: Annotated[
        str,
        Pick(
            "a burst pipe", "a kitchen fire", "a break-in", "hail damage", "a fallen tree",
            "a broken window", "water damage", "a lightning strike", "roof damage", "a flooded basement",
            "vandalism", "storm damage", "a collapsed fence", "smoke damage", "a stolen bicycle",
        ),
    ],
    incident_date: Date,
    amount: Annotated[float, Between(250, 18000, 0)],
    emergency: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """File a claim with an insurer.

    Args:
        policy_number: Number of the policy.
        damage: What happened.
        incident_date: Day of the incident (YYYY-MM-DD).
        amount: Estimated loss in dollars.
        emergency: Whether immediate help is needed.
    """
    _positive(amount=amount)
    return {
        "claim_number": f"CL{_stable(10000, 99999, policy_number, incident_date)}",
        "days": 1 if emergency else 5,
    }


@tool(
    asks=(
        "(Find|Search for) decisions[ of {court}] (about|on) {topic} from {year_from} to {year_to}.",
        "How has {court} ruled on {topic}[ since {year_from}][ up to {year_to}]?",
        "{topic}, {court}, {year_from}-{year_to}[, {outcome}]",
        "I'm writing a paper on {topic}. Which precedents are there[ from {court}] between {year_from} and "
        "{year_to}[, only {outcome} ones]?",
        "Please retrieve the jurisprudence[ of {court}] concerning {topic}[, not earlier than "
        "{year_from}][, not later than {year_to}].",
        "Counsel needs authority on {topic} by tomorrow.[ Court: {court}.] Years {year_from} to {year_to}.[ "
        "Outcome: {outcome}.]",
    ),
    answer="I found {count} cases on {topic}; the leading one is {leading_case}.",
)
def search_court_cases(
    topic: Annotated[str, Pick(*_TOPICS)],
    court: Annotated[
        str,
        Pick(
            "the Supreme Court", "the Ninth Circuit", "the Second Circuit", "the Texas Court of Appeals",
            "the Delaware Court of Chancery", "the Federal Circuit", "the New York Court of Appeals",
            "the California Supreme Court", "the Fifth Circuit", "the Ohio Supreme Court",
        ),
    ],
    year_from: Annotated[int, Between(1965, 1999)],
    year_to: Annotated[int, Between(2000, 2025)],
    outcome: Literal["affirmed", "reversed", "dismissed", "settled"] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Search for court decisions on a legal topic.

    Args:
        topic: Legal topic.
        court: Court that decided.
        year_from: First year of the decisions.
        year_to: Last year of the decisions.
        outcome: How the case ended.
    """
    if year_from > year_to:
        raise ValueError("year_from must not be after year_to")
    year = _stable(year_from, year_to, topic, court)
    parties = ("Alder v. Whitcomb", "Harmon v. Pike County", "In re Castellan", "Reyes v. Northgate Holdings")
    return {"count": _stable(2, 90, topic, court, outcome), "leading_case": f"{parties[year % 4]} ({year})"}


@tool(
    asks=(
        "(Get|Open) (my|the) case[, number {docket_number}][, {include_filings:with all filings|without the filings}].",
        "What's the status of (the|my) lawsuit[ {docket_number}]?",
        "docket {docket_number}[ {include_filings:plus filings|no filings}]",
        "I'm a party in a lawsuit[, docket number {docket_number},] and lost track of it. When's the next hearing?",
        "Please furnish the particulars of the matter[ docketed as {docket_number}][, "
        "{include_filings:together with|leaving out} the documents filed].",
        "The letter from the court says {docket_number}. What is happening there[ and {include_filings:what "
        "has been filed|never mind the filings}]?",
    ),
    answer="Case {docket_number} is {status}; the next hearing is in {days_to_hearing} days.",
)
def case_by_docket_number(
    docket_number: Annotated[
        str,
        Pick(
            "23-cv-01422", "22-cv-09817", "24-cr-00318", "21-cv-05540", "25-bk-10277", "23-cv-07731",
            "20-cv-02268", "24-cv-06605", "22-cr-00149", "25-cv-00093", "19-cv-08812", "23-bk-44190",
            "CV-2024-1187", "CV-2023-0452", "CV-2025-3306", "A-1120-22",
        ),
    ],
    include_filings: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Look up one court case by its docket number.

    Args:
        docket_number: Docket number of the case.
        include_filings: Whether to list the documents that were filed.
    """
    status = ("pending", "in discovery", "set for trial", "on appeal")[_stable(0, 3, docket_number)]
    case: dict[str, Any] = {"status": status, "days_to_hearing": _stable(3, 120, docket_number)}
    return case | {"filings": ["complaint", "answer", "motion to dismiss"]} if include_filings else case


@tool(
    asks=(
        "What does (section|§) {section} of the {code} say[ in {state}]?",
        "(Show|Read) me the[ {state}] {code}, section {section}[, as of {as_of}].",
        "{state} {code} {section}[ {as_of}]",
        "The other side keeps quoting a paragraph[ {section}] from the {state} {code} at me. What does it "
        "(really |)say[ as of {as_of}]?",
        "Please reproduce the wording of (a|the) provision[, section {section},] of the {code} of {state}[ "
        "in the version of {as_of}].",
        "looked it up but can't find it: section {section}, {code}[, I'm in {state}]",
    ),
    answer="Section {section} of the {code} reads: {text}",
)
def statute_text(
    state: State,
    code: Literal["civil code", "penal code", "property code", "tax code", "labor code", "vehicle code"],
    section: Annotated[
        str,
        Pick(
            "1950.5", "92.103", "1942", "201", "459", "17.46", "1102.3", "12-14", "226.7", "487", "2051",
            "305.2", "23152", "8.01", "1161", "510",
        ),
    ],
    as_of: Date | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Get the text of a section of a state's code of law.

    Args:
        state: US state.
        code: Code that contains the section.
        section: Number of the section.
        as_of: Day whose version of the law is wanted (YYYY-MM-DD); the present one if omitted.
    """
    subject = ("notices", "deposits", "penalties", "time limits", "exemptions")[_stable(0, 4, state, code, section)]
    return {"text": f"This section of the law of {state} governs {subject}.", "version": as_of or "current"}


@tool(
    asks=(
        "Draft a lease (with|for) {landlord} as landlord and {tenant} as tenant[ at {monthly_rent} dollars "
        "a month][ from {start_date}].",
        "{tenant} is moving into {landlord}'s flat[ on {start_date}]. Write up the rental agreement[ for "
        "{monthly_rent} dollars a month][, {pets:pets are fine|no pets}].",
        "lease: landlord {landlord}, tenant {tenant}, {monthly_rent}/mo, start {start_date}[, {months} months]",
        "I finally found a renter for the upstairs unit. My name is {landlord}[ and the tenant is "
        "{tenant}]. The rent is {monthly_rent} dollars[, beginning {start_date}]. Can you (prepare|make) "
        "the paperwork[ for {months} months]?",
        "Please draw up a tenancy contract. Lessor: {landlord}. Lessee: {tenant}.[ Monthly rent: "
        "{monthly_rent} dollars.][ Commencement: {start_date}.][ Term: {months} months.][ Pets "
        "{pets:permitted|prohibited}.]",
        "Need a lease for {tenant}[, starting {start_date}][, {monthly_rent} dollars monthly], the owner "
        "being {landlord}.",
    ),
    answer="The lease between {landlord} and {tenant} is drafted as {document}; it ends on {end_date}.",
)
def draft_lease(
    landlord: Annotated[str, Fake("name")],
    tenant: Annotated[str, Fake("name")],
    monthly_rent: Annotated[int, Between(750, 3500)],
    start_date: Date,
    months: Annotated[int, Pick(6, 9, 18, 24, 36)] = 12,
    pets: bool = False,
) -> dict[str, Any]:
    """Draft a residential lease agreement.

    Args:
        landlord: Full name of the landlord.
        tenant: Full name of the tenant.
        monthly_rent: Rent in dollars per month.
        start_date: First day of the lease (YYYY-MM-DD).
        months: Length of the lease in months.
        pets: Whether the tenant may keep pets.
    """
    _positive(monthly_rent=monthly_rent, months=months)
    year, month, day = (int(part) for part in start_date.split("-"))
    years, index = divmod(month - 1 + months, 12)
    end = f"{year + years}-{index + 1:02d}-{min(day, 28):02d}"
    return {"document": f"lease-{_stable(1000, 9999, landlord, tenant)}.docx", "end_date": end, "pets": pets}


@tool(
    asks=(
        'Is this (okay|legal|normal)[ in a {contract_type}]: "{clause}"?',
        '(Check|Look at) this sentence[ from my {contract_type}] for me: "{clause}".',
        '{contract_type}, "{clause}", risky?',
        "They want me to sign tomorrow and something (bothers me|looks fishy)[ in the {contract_type}]. It "
        'reads "{clause}".[ I ask for {on_behalf_of}.]',
        'Please evaluate[ on behalf of {on_behalf_of}] the following stipulation[ of a {contract_type}]: "{clause}".',
        '"{clause}" - can they put that in a {contract_type}?[ Answer as the lawyer of {on_behalf_of}.]',
        'What should I make of (one|a certain) provision in my {contract_type}?[ It says "{clause}".]',
    ),
    answer="The risk of this clause is {risk}: {advice}",
)
def review_contract_clause(
    clause: Annotated[str, Pick(*_CLAUSES)],
    contract_type: Literal["lease", "purchase agreement", "service contract", "loan agreement"],
    on_behalf_of: Literal["the stronger party", "the weaker party"] = "the weaker party",
) -> dict[str, str]:
    """Assess the risk of a clause of a contract.

    Args:
        clause: Wording of the clause.
        contract_type: Kind of contract it is part of.
        on_behalf_of: Whose interests count.
    """
    risk = ("low", "moderate", "high")[_stable(0, 2, clause, contract_type, on_behalf_of)]
    advice = {"low": "it is customary.", "moderate": "ask for a cap.", "high": "have it struck out."}[risk]
    return {"risk": risk, "advice": advice}


@tool(
    asks=(
        "How much are closing costs on a {price} dollar home[ in {state}][ for {first_time_buyer:a "
        "first-time|an experienced} buyer]?",
        "We're buying[ in {state}][ for {price} dollars]. What comes on top of the price (at signing|in "
        "fees and taxes)?",
        "closing {state} {price}[ {loan_points} points]",
        "The seller accepted our offer of {price} dollars! (How much cash|What amount) should we have ready "
        "for taxes and fees[ in {state}][ if we pay {loan_points} points]?",
        "Please estimate the ancillary costs of acquiring a residence[ in {state}][ at a price of {price} "
        "dollars][, the purchaser being {first_time_buyer:a first-time buyer|a previous owner}].",
        "{state}, purchase price {price}[, {first_time_buyer:my first home|not my first home}]: what will "
        "the notary, title and transfer tax cost me?",
    ),
    answer="Expect about ${total} of closing costs.",
)
def closing_costs(
    price: HomePrice,
    state: State,
    first_time_buyer: bool = False,
    loan_points: Annotated[float, Pick(0.5, 1.5, 2.0, 2.5)] = 0.0,
) -> dict[str, float]:
    """Estimate the one-time costs of closing the purchase of a home.

    Args:
        price: Purchase price in dollars.
        state: US state.
        first_time_buyer: Whether the buyer has never owned a home.
        loan_points: Points paid to the lender, in percent of the price.
    """
    _positive(price=price)
    transfer = price * _stable(2, 14, state) / 1000 * (0.5 if first_time_buyer else 1)
    fees = 1850 + price * loan_points / 100
    return {"total": round(transfer + fees, 2), "transfer_tax": round(transfer, 2), "fees": round(fees, 2)}
