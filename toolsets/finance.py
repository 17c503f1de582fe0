"""Personal finance: loans, savings, stocks, taxes, investments, budgets and payments."""

import zlib
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypedDict

from sftctl.core.tools import Between, Date, Pick, Size, tool

_COMPANIES = (
    "Apple", "Microsoft", "Tesla", "Nvidia", "Amazon", "Siemens", "Toyota", "Nestle", "Shell", "Pfizer",
    "Netflix", "Intel", "Boeing", "Sony", "Coca-Cola", "Volkswagen", "Adobe", "Samsung", "Starbucks",
    "Unilever",
)  # fmt: skip
_TICKERS = (
    "AAPL", "MSFT", "TSLA", "NVDA", "AMZN", "GOOGL", "META", "KO", "DIS", "JPM", "V", "PFE", "INTC", "NKE",
    "ORCL", "SBUX", "MCD", "BA", "GE", "XOM", "VTI", "SPY",
)  # fmt: skip
_MERCHANTS = (
    "Trader Joe's", "Shell", "Netflix", "Uber", "IKEA", "Walgreens", "Whole Foods", "Delta Air Lines",
    "Spotify", "the corner bakery", "Home Depot", "Lidl", "PetSmart", "Chipotle", "Barnes & Noble", "Aldi",
    "the dry cleaner",
)  # fmt: skip
_PAYEES = (
    "City Water Works", "Verizon", "Pacific Gas", "Comcast", "State Farm", "Blue Cross", "T-Mobile",
    "Duke Energy", "Allstate", "Vodafone", "Hillside Rentals", "Green Valley Gym", "Lakeside School",
    "American Express", "Aqua Utilities",
)  # fmt: skip

Ticker = Annotated[str, Pick(*_TICKERS)]
Account = Annotated[
    str,
    Pick(
        "checking", "savings", "emergency fund", "brokerage", "vacation fund", "joint checking",
        "money market", "college fund", "travel account", "business checking", "rainy day fund",
        "house fund", "holiday savings", "petty cash", "tax account", "car fund",
    ),
]  # fmt: skip


class Holding(TypedDict):
    shares: Annotated[int, Between(2, 120)]
    ticker: Ticker


def _stable(low: int, high: int, *parts: object) -> int:
    """A whole number from `low` to `high` that depends on `parts` alone."""
    return low + zlib.crc32("|".join(str(part).lower() for part in parts).encode()) % (high - low + 1)


def _share_price(symbol: str) -> float:
    return _stable(1200, 62000, symbol) / 100


def _positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if number <= 0:
            raise ValueError(f"{name} must be greater than zero")


@tool(
    asks=(
        "What (is|would be) the monthly payment on a ${principal} loan at {annual_rate}%[ over {years} "
        "years][ with {down_payment} dollars down]?",
        "I('m| am) borrowing {principal} dollars[ for {years} years][ at {annual_rate} percent]. What do I "
        "pay (each|every|per) month[ if I put {down_payment} dollars down]?",
        "loan {principal}, {years} yrs, {annual_rate}%",
        "(We want to|We're about to) buy a car for {principal} dollars on credit. The dealer offers {years} "
        "years[ and {annual_rate}% interest]. (How much is that a month|What's our monthly bill)?",
        "Kindly determine the monthly instalment of a loan[ of {principal} dollars][ with a term of {years} "
        "years][ bearing {annual_rate}% interest per year].",
        "{annual_rate}% interest, {years} years[, amount {principal} dollars][, {down_payment} dollars "
        "upfront] - how big is the monthly instalment?",
    ),
    answer="You would pay ${monthly_payment} a month, with ${total_interest} of interest in total.",
)
def loan_monthly_payment(
    principal: Annotated[float, Pick(8500.0, 12000.0, 15500.0, 18000.0, 22400.0, 27000.0, 35000.0, 48000.0, 60000.0)],
    annual_rate: Annotated[float, Between(1.9, 14.9, 2)],
    years: Annotated[int, Between(2, 30)],
    down_payment: Annotated[float, Pick(500.0, 1000.0, 1500.0, 2000.0, 2500.0, 3000.0, 5000.0)] = 0.0,
) -> dict[str, float]:
    """Calculate the monthly payment of a fully amortized loan.

    Args:
        principal: Price or amount to finance in dollars.
        annual_rate: Nominal interest rate per year in percent.
        years: Term of the loan in years.
        down_payment: Part paid upfront in dollars, which is not borrowed.
    """
    borrowed, rate, months = principal - down_payment, annual_rate / 1200, years * 12
    _positive(borrowed=borrowed, annual_rate=annual_rate, years=years)
    payment = borrowed * rate / (1 - (1 + rate) ** -months)
    return {"monthly_payment": round(payment, 2), "total_interest": round(payment * months - borrowed, 2)}


@tool(
    asks=(
        "If I (invest|put away) {principal} dollars at {rate}% compounded[ {frequency}], what will I have[ "
        "after {years} years]?",
        "How much does {principal} dollars grow to[ in {years} years] with compound interest[ of {rate}%][, "
        "compounding {frequency}]?",
        "compound {principal} @ {rate}% for {years}y[ {frequency}]",
        "My grandmother left me {principal} dollars. I'd leave it[ for {years} years] in an account where "
        "the interest is reinvested[, at {rate} percent]. (What does it become|How much will be there)?",
        "Please compute the future value of a deposit[ of {principal} dollars] earning {rate}% compound "
        "interest[ for {years} years].",
        "{rate}% a year with interest on interest, {years} years. What becomes of (my |){principal} dollars?",
    ),
    answer="After {years} years the ${principal} will have grown to ${final_amount}.",
)
def compound_interest(
    principal: Annotated[float, Pick(1000.0, 2500.0, 4000.0, 5000.0, 7500.0, 10000.0, 18000.0, 25000.0, 40000.0)],
    rate: Annotated[float, Between(1, 9)],
    years: Annotated[int, Between(2, 40)],
    frequency: Literal["yearly", "quarterly", "monthly", "daily"] = "yearly",
) -> dict[str, float]:
    """Calculate what a deposit grows to when interest is added to it and itself earns interest.

    Args:
        principal: Initial deposit in dollars.
        rate: Nominal interest rate per year in percent.
        years: Number of years.
        frequency: How often interest is compounded.
    """
    _positive(principal=principal, years=years)
    n = {"yearly": 1, "quarterly": 4, "monthly": 12, "daily": 365}[frequency]
    final = principal * (1 + rate / 100 / n) ** (n * years)
    return {"final_amount": round(final, 2), "interest": round(final - principal, 2)}


@tool(
    asks=(
        "How much simple interest (do|will) I earn on {amount} dollars[ in {months} months][ at {rate}%]?",
        "I lent a friend {amount} dollars (flat|without compounding)[ for {months} months][ at {rate}% a "
        "year]. (What does he owe me in interest|How much interest is that)?",
        "simple interest, {amount} dollars, {rate}%, {months} months",
        "A bond (pays|yields) {rate}% a year on {amount} dollars and nothing is reinvested. What interest "
        "is due[ after {months} months]?",
        "Please calculate the non-compounded interest on a sum[ of {amount} dollars] held for {months} "
        "months[ at an annual rate of {rate}%].",
        "{months} months, {rate} percent per year[, {amount} dollars]. No interest on interest. What do I get?",
    ),
    answer="The simple interest comes to ${result}.",
)
def simple_interest_earned(
    amount: Annotated[float, Between(200, 20000, 0)],
    rate: Annotated[float, Between(0.5, 12)],
    months: Annotated[int, Between(2, 48)],
) -> float:
    """Calculate the interest on a sum that is not compounded.

    Args:
        amount: Sum in dollars that bears interest.
        rate: Interest rate per year in percent.
        months: Duration in months.
    """
    _positive(amount=amount, months=months)
    return round(amount * rate / 100 * months / 12, 2)


@tool(
    asks=(
        "(What's|What is) {company} trading at[ in {currency}]?",
        "(How much is|What's the price of) a share[ of {company}] right now[, {after_hours:with after-hours "
        "trading|without after-hours trading}]?",
        "{company} stock price[ {currency}]",
        "I('m thinking| am thinking) of buying stock[ in {company}]. What does one share cost[ in {currency}]?",
        "Please report the latest quotation for the shares[ of {company}][, "
        "{after_hours:including|excluding} the after-hours market].",
        "how are my shares doing today[, I have {company}]",
    ),
    answer="{company} is trading at {price} {currency}.",
)
def get_stock_quote(
    company: Annotated[str, Pick(*_COMPANIES)],
    currency: Literal["USD", "EUR", "GBP", "JPY"] = "USD",
    after_hours: bool = False,
) -> dict[str, Any]:
    """Get the latest share price of a company.

    Args:
        company: Name of the company.
        currency: Currency to quote in.
        after_hours: Whether to include trades outside of the exchange's opening hours.
    """
    rate = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "JPY": 149.0}[currency]
    price = _share_price(company) * rate * (1.003 if after_hours else 1)
    return {"price": round(price, 2), "currency": currency}


@tool(
    asks=(
        "(How did|How has) {ticker} (do|done) in the {days} days (from|after|since) {start_date}?",
        "Show me the[ {interval}] prices[ of {ticker}] for {days} days (starting|starting on|from) {start_date}.",
        "{ticker} history {start_date} {days}d[ {interval}]",
        "I bought a few shares on {start_date}. How did they move over the next {days} days?[ The symbol is "
        "{ticker}.][ A {interval} series will do.]",
        "Please retrieve the historical closing prices[ for {ticker}][ beginning {start_date}] over {days} days.",
        "Need a chart[ for {ticker}], {days} days from {start_date}[, {interval} data points][, "
        "{adjusted:adjusted|not adjusted} for splits]",
    ),
    answer="{ticker} moved from ${first_close} to ${last_close} in those {days} days.",
)
def stock_price_history(
    ticker: Ticker,
    start_date: Date,
    days: Annotated[int, Between(5, 365)],
    interval: Literal["daily", "weekly", "monthly"] = "daily",
    adjusted: bool = True,
) -> dict[str, Any]:
    """Retrieve the past closing prices of a security.

    Args:
        ticker: Ticker symbol.
        start_date: First day of the series (YYYY-MM-DD).
        days: Length of the period in days.
        interval: Spacing of the data points.
        adjusted: Whether prices are adjusted for splits and dividends.
    """
    _positive(days=days)
    end = (date.fromisoformat(start_date) + timedelta(days=days)).isoformat()
    first, last = (round(_share_price(ticker) * _stable(85, 115, ticker, day) / 100, 2) for day in (start_date, end))
    points = days // {"daily": 1, "weekly": 7, "monthly": 30}[interval] + 1
    return {"first_close": first, "last_close": last, "end_date": end, "points": points}


@tool(
    asks=(
        "How much (federal |)income tax do I owe on {income} dollars[ if I file as {filing_status}][ with "
        "{deductions} dollars of deductions]?",
        "I (made|earned) {income} dollars (last|this) year[, filing status {filing_status}]. What goes to the taxman?",
        "tax on {income}, {filing_status}[, deductions {deductions}]",
        "Please assess the income tax payable by a taxpayer who is {filing_status}[ and has a gross income "
        "of {income} dollars][ and itemized deductions of {deductions} dollars].",
        "(My salary|My pay) is {income} dollars a year and my status is {filing_status}. What will be left "
        "for the (IRS|government)[ after deducting {deductions} dollars]?[ I have {dependents} kids.]",
        "We have {income} dollars in wages[, {dependents} dependents][ and file {filing_status}]. "
        "(Estimate|Figure out) our taxes.",
    ),
    answer="The estimated income tax is ${tax}, an effective rate of {effective_rate}%.",
)
def calculate_income_tax(
    income: Annotated[int, Pick(28000, 34500, 41000, 47200, 52000, 58750, 66000, 74000, 85500, 98000, 120000, 164000)],
    filing_status: Literal["single", "married", "head of household"],
    deductions: Annotated[float, Between(500, 9000, 0)] | None = None,
    dependents: Annotated[int, Between(2, 5)] = 0,
) -> dict[str, float]:
    """Estimate the yearly income tax of a household.

    Args:
        income: Gross income per year in dollars.
        filing_status: Status under which the return is filed.
        deductions: Itemized deductions in dollars; the standard deduction if omitted.
        dependents: Number of dependents, each of which earns a credit.
    """
    _positive(income=income)
    standard = {"single": 14600, "married": 29200, "head of household": 21900}[filing_status]
    taxable = max(0.0, income - (standard if deductions is None else deductions))
    bands = ((0, 0.10), (11600, 0.02), (47150, 0.10), (100525, 0.02))
    tax = sum(max(0.0, taxable - floor) * step for floor, step in bands)
    tax = max(0.0, tax - 2000 * dependents)
    return {"tax": round(tax, 2), "effective_rate": round(100 * tax / income, 1)}


@tool(
    asks=(
        "I bought (stock|shares) for {purchase_price} dollars and sold for {sale_price} dollars. What tax "
        "is due on the (gain|profit)[ after {months_held} months]?",
        "Capital gains: bought at {purchase_price}, sold at {sale_price}[, held {months_held} months].",
        "What's the tax if I sell something[ I paid {purchase_price} dollars for][ at {sale_price} "
        "dollars][, having owned it {months_held} months]?",
        "A painting (cost me|was) {purchase_price} dollars back then, a dealer now gives me {sale_price} "
        "dollars. How much of the profit would be taxed away[ at {tax_rate}%]?",
        "Please work out the levy on the disposal of an asset[ acquired for {purchase_price} dollars][, "
        "sold for {sale_price} dollars][ at a rate of {tax_rate} percent].",
        "sold my crypto, got {sale_price} dollars, paid {purchase_price} originally[, {months_held} months "
        "ago]. How much do I set aside for the tax on that",
    ),
    answer="On a gain of ${gain} the tax is ${tax}.",
)
def capital_gains_tax(
    purchase_price: Annotated[float, Between(400, 9000, 0)],
    sale_price: Annotated[float, Between(9100, 24000, 0)],
    months_held: Annotated[int, Between(3, 60)] = 12,
    tax_rate: Annotated[float, Between(10, 30)] | None = None,
) -> dict[str, float]:
    """Calculate the tax on the profit from selling an asset.

    Args:
        purchase_price: What the asset cost, in dollars.
        sale_price: What it was sold for, in dollars.
        months_held: Months between purchase and sale.
        tax_rate: Tax rate in percent; 15 for assets held a year or longer and 24 otherwise if omitted.
    """
    _positive(purchase_price=purchase_price, sale_price=sale_price)
    gain = max(0.0, sale_price - purchase_price)
    rate = tax_rate if tax_rate is not None else (15.0 if months_held >= 12 else 24.0)
    return {"gain": round(gain, 2), "tax": round(gain * rate / 100, 2)}


@tool(
    asks=(
        "What is my portfolio worth (now|today)?[ I hold {holdings}.]",
        "(Add up|Value) my (stocks|positions)[: {holdings}][, in {currency}].",
        "portfolio {holdings}",
        "I own shares[: {holdings}]. (How much money is that|What would I get for everything)[ in {currency}]?",
        "Please provide a valuation of (the|a client's) holdings[, namely {holdings}].",
        "If I sold it all today, {holdings}, how much would that bring[ in {currency}]?",
    ),
    answer="The portfolio is worth {total_value} {currency}; the largest position is {largest_position}.",
)
def portfolio_value(
    holdings: Annotated[list[Holding], Size(1, 4)],
    currency: Literal["USD", "EUR", "GBP"] = "USD",
) -> dict[str, Any]:
    """Value a portfolio of shares at current prices.

    Args:
        holdings: Number of shares and ticker symbol of each position.
        currency: Currency of the valuation.
    """
    if not holdings:
        raise ValueError("holdings must not be empty")
    rate = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79}[currency]
    values = [(_share_price(h["ticker"]) * h["shares"] * rate, h["ticker"]) for h in holdings]
    return {
        "total_value": round(sum(v for v, _ in values), 2),
        "largest_position": max(values)[1],
        "currency": currency,
    }


@tool(
    asks=(
        "If I (save|invest|put in) {monthly_contribution} dollars a month[ for {years} years], what will I "
        "end up with[ at {expected_return}% a year]?",
        "I can set aside (a bit|some money)[, {monthly_contribution} dollars,] every month[ for {years} "
        "years][ on top of the {starting_balance} dollars I already have]. How much will that be in the end?",
        "{monthly_contribution}/month, {years} years[, {expected_return}% return][, start {starting_balance}]",
        "My daughter was just born. By paying {monthly_contribution} dollars into a fund each month[ for "
        "{years} years], what could she have for college[, assuming {expected_return} percent]?",
        "Please project the value of a savings plan with monthly payments[ of {monthly_contribution} "
        "dollars][ running {years} years][ and an opening balance of {starting_balance} dollars].",
        "Suppose the market returns (a little|something) every year[, say {expected_return}%]. Where do "
        "monthly deposits of {monthly_contribution} dollars get me[ in {years} years]?",
    ),
    answer="After {years} years the plan would hold ${balance}, of which ${paid_in} was paid in.",
)
def investment_plan_forecast(
    monthly_contribution: Annotated[float, Pick(50.0, 75.0, 100.0, 150.0, 200.0, 250.0, 325.0, 400.0, 500.0, 800.0)],
    years: Annotated[int, Between(3, 40)],
    expected_return: Annotated[float, Between(3, 10)] = 7.0,
    starting_balance: Annotated[float, Pick(500.0, 1000.0, 2000.0, 5000.0, 8000.0, 12000.0)] = 0.0,
) -> dict[str, float]:
    """Project what regular monthly contributions to a fund grow to.

    Args:
        monthly_contribution: Amount paid in every month, in dollars.
        years: Length of the plan in years.
        expected_return: Expected return per year in percent.
        starting_balance: Amount already invested, in dollars.
    """
    _positive(monthly_contribution=monthly_contribution, years=years)
    r, months = expected_return / 1200, years * 12
    balance = starting_balance * (1 + r) ** months
    balance += monthly_contribution * (((1 + r) ** months - 1) / r if r else months)
    paid_in = starting_balance + monthly_contribution * months
    return {"balance": round(balance, 2), "paid_in": round(paid_in, 2)}


@tool(
    asks=(
        "(I make|I take home|I bring in) {monthly_income} dollars a month. How should I split it (using the "
        "50/30/20 rule|between needs, wants and savings)?",
        "Make me a 50-30-20 budget[ from {monthly_income} dollars].",
        "50/30/20 {monthly_income}",
        "How much can I spend on needs and fun, and how much should I save[, if my pay is {monthly_income} "
        "dollars a month]?",
        "Please allocate (my|a) monthly net income[ of {monthly_income} dollars] to needs, wants and savings.",
        "I'm hopeless with money. Every month I get {monthly_income} dollars, what's the rule of thumb for "
        "dividing it?",
    ),
    answer="Use ${needs} for needs, ${wants} for wants and save ${savings}.",
)
def budget_split_50_30_20(monthly_income: Annotated[float, Between(1200, 9500, 0)]) -> dict[str, float]:
    """Divide a monthly income into needs (50%), wants (30%) and savings (20%).

    Args:
        monthly_income: Net income per month in dollars.
    """
    _positive(monthly_income=monthly_income)
    return {name: round(monthly_income * part, 2) for name, part in (("needs", 0.5), ("wants", 0.3), ("savings", 0.2))}


@tool(
    asks=(
        "(Log|Record|Note) {amount} dollars at {merchant}[ under {category}][ on {spent_on}].",
        "I (just |)spent some money[ at {merchant}][, {amount} dollars], (put|book) it under {category}.",
        "{merchant} ${amount} {category}[ {spent_on}]",
        "Another day, another bill: {merchant} charged me {amount} dollars[ on {spent_on}]. (Write that "
        "down|Keep track of it)[ as {category}][, {recurring:it repeats every month|a one-off}].",
        "Please enter an outlay[ of {amount} dollars] in my books. Payee: {merchant}.[ Category: "
        "{category}.][ Date: {spent_on}.]",
        "{category} expense[ of {amount} dollars]: {merchant}[, {recurring:monthly|not recurring}]",
    ),
    answer="Recorded ${amount} at {merchant} under {category}; ${left_in_budget} are left there.",
)
def log_expense(
    amount: Annotated[float, Between(2, 320, 2)],
    merchant: Annotated[str, Pick(*_MERCHANTS)],
    category: Literal["groceries", "transport", "housing", "health", "entertainment", "shopping"],
    spent_on: Date | None = None,
    recurring: bool = False,
) -> dict[str, Any]:
    """Record an expense in the household budget.

    Args:
        amount: Amount spent in dollars.
        merchant: Who was paid.
        category: Budget category.
        spent_on: Day of the expense (YYYY-MM-DD); today if omitted.
        recurring: Whether the expense repeats every month.
    """
    _positive(amount=amount)
    left = max(0.0, _stable(350, 900, category) - amount)
    return {"entry_id": _stable(1000, 9999, amount, merchant, spent_on), "left_in_budget": round(left, 2)}


@tool(
    asks=(
        "What's the net present value of yearly cash flows of {cash_flows} dollars at {discount_rate}%[ if "
        "I invest {initial_investment} dollars today]?",
        "Discount {cash_flows} (at|by) {discount_rate} percent[, initial outlay {initial_investment}].",
        "npv {discount_rate}% {cash_flows}[ cost {initial_investment}]",
        "A project (brings in|returns) {cash_flows} dollars in the coming years[ and costs "
        "{initial_investment} dollars at the start]. (Is it worth it|What is it worth today)[ with a "
        "discount rate of {discount_rate}%]?",
        "Our finance team needs today's value of the projected annual inflows[ of {cash_flows} dollars][, "
        "discounted at {discount_rate}%].",
        "The machine should earn {cash_flows} dollars year by year. Given a cost of capital[ of "
        "{discount_rate}%], what's that in today's money?",
    ),
    answer="The net present value is {result} dollars.",
)
def npv(
    cash_flows: Annotated[list[Annotated[float, Between(800, 9000, 0)]], Size(2, 5)],
    discount_rate: Annotated[float, Between(2, 14)],
    initial_investment: Annotated[float, Between(1000, 15000, 0)] = 0.0,
) -> float:
    """Compute the net present value of yearly cash flows.

    Args:
        cash_flows: Cash flow at the end of each year in dollars, in order.
        discount_rate: Discount rate per year in percent.
        initial_investment: Amount spent at the start, in dollars.
    """
    if not cash_flows or discount_rate <= -100:
        raise ValueError("cash_flows must not be empty and discount_rate must exceed -100")
    value = sum(flow / (1 + discount_rate / 100) ** year for year, flow in enumerate(cash_flows, 1))
    return round(value - initial_investment, 2)


@tool(
    asks=(
        "How long (until|till) I've paid off {balance} dollars of (credit card |)debt at {apr}%[ if I pay "
        "{monthly_payment} dollars a month]?",
        "I owe {balance} dollars on my card[, the APR is {apr}%]. (With|Paying)[ {monthly_payment} dollars] "
        "every month, when am I debt-free?",
        "payoff: {balance} owed, {apr}% apr, {monthly_payment}/mo[, plus {extra_payment} once]",
        "I'm drowning in card debt, {balance} dollars at {apr} percent. I can manage monthly payments[ of "
        "{monthly_payment} dollars][ and a one-time payment of {extra_payment} dollars]. How many months is "
        "that?",
        "Please determine the number of months needed to clear a balance[ of {balance} dollars] at {apr}% "
        "with payments of {monthly_payment} dollars.",
        "{monthly_payment} dollars a month against a balance[ of {balance} dollars][ at {apr}%]: when does it end?",
    ),
    answer="It takes {months} months to clear the debt, and you pay ${interest} in interest.",
)
def debt_payoff_time(
    balance: Annotated[float, Between(700, 8000, 0)],
    apr: Annotated[float, Between(6, 28)],
    monthly_payment: Annotated[float, Pick(200.0, 225.0, 250.0, 300.0, 350.0, 400.0, 500.0, 650.0)],
    extra_payment: Annotated[float, Pick(100.0, 150.0, 250.0, 300.0, 500.0)] = 0.0,
) -> dict[str, float]:
    """Work out how many months it takes to pay off a revolving debt.

    Args:
        balance: Amount owed in dollars.
        apr: Annual percentage rate.
        monthly_payment: Amount paid every month in dollars.
        extra_payment: One-time payment made at once, in dollars.
    """
    rate, owed, months, interest = apr / 1200, balance - extra_payment, 0, 0.0
    if monthly_payment <= owed * rate:
        raise ValueError("monthly_payment does not even cover the interest")
    while owed > 0:
        interest += owed * rate
        owed += owed * rate - monthly_payment
        months += 1
    return {"months": months, "interest": round(interest, 2)}


@tool(
    asks=(
        "I'm {current_age} and (want|hope|plan) to retire at (age |){retirement_age}. How big must my nest "
        "egg be to spend {annual_spending} dollars a year?",
        "How much do I need (saved up|in savings) to stop working[ at {retirement_age}]?[ I'm {current_age} "
        "now.][ I live on {annual_spending} dollars a year.]",
        "retire {retirement_age}, now {current_age}, spend {annual_spending}/yr[, inflation {inflation}%]",
        "Planning for old age. Now {current_age}, last day at work at {retirement_age}[, yearly costs "
        "{annual_spending} dollars][, pension {pension} dollars a year].",
        "Please establish the capital required for retirement[ at age {retirement_age}] by a person aged "
        "{current_age}[ with annual expenses of {annual_spending} dollars][ and {inflation}% inflation].",
        "My wife and I (get by on|spend about) {annual_spending} dollars a year, we're both {current_age}. "
        "What should we have in the bank to quit our jobs[ at {retirement_age}][ with a pension of "
        "{pension} dollars]?",
    ),
    answer="You need about ${target_savings} by the age of {retirement_age}.",
)
def retirement_savings_goal(
    current_age: Annotated[int, Between(24, 51)],
    retirement_age: Annotated[int, Between(55, 70)],
    annual_spending: Annotated[int, Pick(24000, 30000, 36000, 40000, 45000, 52000, 60000, 72000, 85000)],
    pension: Annotated[int, Pick(6000, 9000, 12000, 15000, 18000)] = 0,
    inflation: Annotated[float, Between(1.5, 4.5)] = 2.5,
) -> dict[str, float]:
    """Estimate the savings needed to retire, by the rule of 25 yearly spendings.

    Args:
        current_age: Age today in years.
        retirement_age: Age at retirement in years.
        annual_spending: Yearly spending in today's dollars.
        pension: Yearly pension or social security in today's dollars.
        inflation: Expected inflation per year in percent.
    """
    years = retirement_age - current_age
    if years <= 0:
        raise ValueError("retirement_age must exceed current_age")
    gap = max(0, annual_spending - pension) * (1 + inflation / 100) ** years
    return {"target_savings": round(25 * gap), "years_to_go": years}


@tool(
    asks=(
        "(Move|Transfer) {amount} dollars[ from {from_account}][ to {to_account}][ on {on_date}].",
        "I need (more money|a top-up) in {to_account}[, {amount} dollars]. (Take|Get) it from "
        "{from_account}[, memo {memo}].",
        "{amount} {from_account} -> {to_account}[ {on_date}]",
        "My {to_account} is running low. Could you shift {amount} dollars over[ from {from_account}][, with "
        "the note {memo}]?",
        "Please effect a transfer[ of {amount} dollars] between my own accounts, debiting {from_account} "
        "and crediting {to_account}[, value date {on_date}].",
        "hey put {amount} bucks from my {from_account} into (another account|a different pot)[, {to_account}]",
    ),
    answer="${amount} was moved from {from_account} to {to_account}, confirmation {confirmation}.",
)
def transfer_funds(
    amount: Annotated[float, Between(20, 2500, 2)],
    from_account: Account,
    to_account: Account,
    on_date: Date | None = None,
    memo: Annotated[
        str,
        Pick(
            "summer trip",
            "rent share",
            "birthday fund",
            "new laptop",
            "tax reserve",
            "car repair",
            "school fees",
        ),
    ]
    | None = None,
) -> dict[str, Any]:
    """Transfer money between two of the user's own accounts.

    Args:
        amount: Amount in dollars.
        from_account: Account to take the money from.
        to_account: Account to put the money into.
        on_date: Day of the transfer (YYYY-MM-DD); at once if omitted.
        memo: Note to keep with the transfer.
    """
    _positive(amount=amount)
    number = _stable(100000, 999999, amount, from_account, to_account, on_date)
    return {"confirmation": f"T{number}", "date": on_date or "today", "memo": memo or ""}


@tool(
    asks=(
        "(Pay|Schedule) {amount} dollars to {payee}[ on {due_date}].",
        "My bill from {payee} is {amount} dollars[, due {due_date}]. (Set up the payment|Arrange to pay it).",
        "bill {payee} {amount} {due_date}[ {autopay:autopay on|autopay off}]",
        "I always forget to pay {payee}. (This time|Now) it's due on {due_date}[, {amount} dollars]. "
        "(Handle|Take care of) it[ and {autopay:repeat it every month|don't repeat it}].",
        "Please schedule a payment[ in the amount of {amount} dollars] in favor of {payee}[, to be executed "
        "on {due_date}][ from my {from_account} account].",
        "On {due_date}, {payee} should get {amount} dollars from me[, taken from {from_account}]. Set that up.",
    ),
    answer="The payment of ${amount} to {payee} is scheduled for {due_date}.",
)
def schedule_bill_payment(
    payee: Annotated[str, Pick(*_PAYEES)],
    amount: Annotated[float, Between(15, 900, 2)],
    due_date: Date,
    from_account: Account = "checking",
    autopay: bool = False,
) -> dict[str, Any]:
    """Schedule the payment of a bill to an outside payee.

    Args:
        payee: Company or person to pay.
        amount: Amount in dollars.
        due_date: Day on which the payment is made (YYYY-MM-DD).
        from_account: Account to pay from.
        autopay: Whether to repeat the payment every month.
    """
    _positive(amount=amount)
    return {"payment_id": f"BP{_stable(10000, 99999, payee, amount, due_date)}", "from_account": from_account}
