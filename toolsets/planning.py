"""Planning and estimating: rates, spans, schedules, forecasts, models of data."""

import ast
import math
import operator
import re
import zlib
from collections.abc import Callable
from typing import Annotated, Any

from sftctl.core.tools import Between, Pick, Said, Size, tool


def _shares(low: int, high: int, step: int = 10) -> Pick:
    """Fractions of 1 from `low` to `high` thousandths."""
    return Pick(*(number / 1000 for number in range(low, high + 1, step)))


_HOW_OFTEN = Said(
    {
        365: ("daily", "every day"),
        52: ("weekly", "every week"),
        12: ("monthly", "every month", "once a month"),
        4: ("quarterly", "every quarter"),
        2: ("twice a year", "every six months"),
        1: ("annually", "once a year", "yearly"),
    }
)
_YEARS = Said(
    {
        1: ("a year", "one year"),
        2: ("2 years", "two years", "a couple of years"),
        3: ("3 years", "three years"),
        5: ("5 years", "half a decade"),
        7: "7 years",
        10: ("a decade", "ten years"),
        12: "12 years",
        15: "15 years",
        20: ("two decades", "20 years"),
        30: ("three decades", "30 years"),
    }
)
_DAYS_AHEAD = Said(
    {
        1: ("the next day", "the coming day"),
        3: ("the next 3 days", "the coming three days"),
        5: "the next 5 days",
        7: ("the next week", "the coming week", "the next 7 days"),
        10: "the next 10 days",
        14: ("the next two weeks", "the next fortnight", "the coming 2 weeks"),
        21: ("the next 3 weeks", "the coming three weeks"),
        28: "the next four weeks",
    }
)
_SECONDS = Said(
    {
        10: ("10 seconds", "ten seconds"),
        20: "20 seconds",
        30: ("half a minute", "30 seconds"),
        45: ("three quarters of a minute", "45 seconds"),
        60: ("a minute", "one minute"),
        90: ("a minute and a half", "90 seconds"),
        120: ("2 minutes", "two minutes"),
        180: ("3 minutes", "three minutes"),
        300: "5 minutes",
    }
)
_MONTHS = Said(
    {
        1: ("a month", "one month"),
        3: ("3 months", "three months"),
        6: ("half a year", "6 months"),
        9: "9 months",
        12: ("a year", "one year"),
        18: ("a year and a half", "18 months"),
        24: ("two years", "2 years"),
        36: "3 years",
    }
)
_PATHS = (
    "D:/exports/trucks.csv", "C:\\Users\\mira\\sales_2023.csv", "/home/ana/houses.csv", "data/wine_quality.csv",
    "./survey-results.csv", "/mnt/shared/trial_B/outcomes.csv", "~/projects/bikes/rentals.csv", "D:/lab/run07.csv",
    "exports/churn-Q3.csv", "/srv/datasets/energy_use.csv", "measurements_v2.csv", "C:/temp/loans-2021.csv",
)  # fmt: skip
_COLUMNS = (
    "rotor_speed", "mileage", "sale_price", "sqft_living", "num_rooms", "body_mass", "dose_mg", "temp_c", "humidity",
    "wind_speed", "age", "income", "tenure_months", "visits", "reaction_time", "score_final", "kwh_used", "rentals",
)  # fmt: skip
_GROUPS = ("gender", "treatment_arm", "region", "is_member", "fuel_type", "plan", "shift", "school_id", "device")
_FORMULAS = (
    "7x^2 + 4x", "x^3 - 4x + 1", "2x + 5", "x**2 + 1", "0.5x^2 + 3", "5x - x^2", "sin(x)", "cos(x) + 2", "exp(-x)",
    "4x^3 - 3x^2", "sqrt(x + 4)", "1/(x + 5)", "ln(x + 6)", "x^2 - 6x + 9", "2*x**3 + x", "(x - 1)^2", "x*exp(x/4)",
)  # fmt: skip

Vector = Annotated[
    list[float],
    Said({(x, y): (f"({x}, {y})", f"[{x}, {y}]") for x, y in ((0, 0), (1, 2), (-3, 4), (2, -1), (6, 8), (-2, -5))}),
]
Target = Annotated[
    list[float],
    Said({(x, y): (f"({x}, {y})", f"[{x}, {y}]") for x, y in ((10, 2), (7, 14), (9, -6), (-8, 3), (4.5, 11), (0, 12))}),
]
Interval = Annotated[
    list[float],
    Said(
        {
            (low, high): (f"from {low} to {high}", f"between {low} and {high}", f"on [{low}, {high}]")
            for low, high in ((1, 3), (0, 2), (0, 5), (2, 6), (-1, 1), (1, 4), (0.5, 2.5), (-2, 2), (0, 10), (3, 7.5))
        }
    ),
]
CsvPath = Annotated[str, Pick(*_PATHS)]
Column = Annotated[str, Pick(*_COLUMNS)]


def _stable(low: int, high: int, *parts: object) -> int:
    """A whole number from `low` to `high` that depends on `parts` alone."""
    return low + zlib.crc32("|".join(str(part).lower() for part in parts).encode()) % (high - low + 1)


def _positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if number <= 0:
            raise ValueError(f"{name} must be greater than zero")


def _fraction(**numbers: float) -> None:
    for name, number in numbers.items():
        if not 0 <= number <= 1:
            raise ValueError(f"{name} must lie between 0 and 1")


# ---------------------------------------------------------------- money over time


@tool(
    asks=(
        "(What will|How much will) {deposit} dollars (become|grow to) in {years} at a yearly rate of "
        "{interest_rate}[, compounded {compounding_frequency}]?",
        "I want to (put|leave) {deposit} dollars in a savings plan for {years}[ at an interest rate of "
        "{interest_rate}]. Interest is added[ {compounding_frequency}] to what is there. What do I end up with?",
        "savings {deposit} dollars, rate {interest_rate}, {years}[, compounded {compounding_frequency}]",
        "Please project the balance of a deposit[ of {deposit} dollars] over {years}[, with interest of "
        "{interest_rate} per annum][ credited {compounding_frequency}].",
        "My aunt gave me {deposit} dollars and the bank offers {interest_rate} a year[, paid "
        "{compounding_frequency}]. I won't touch it for {years}, so I wonder what it will be worth.",
        "Project my savings: {deposit} dollars for {years}[, {interest_rate} a year][, interest added "
        "{compounding_frequency}].",
    ),
    answer="The plan will be worth ${balance}, of which ${interest} is interest.",
)
def project_savings_plan(
    deposit: Annotated[float, Pick(800.0, 1500.0, 2000.0, 3500.0, 6000.0, 8200.0, 10000.0, 25000.0, 40000.0)],
    interest_rate: Annotated[float, _shares(10, 120, 5)],
    years: Annotated[int, _YEARS],
    compounding_frequency: Annotated[int, _HOW_OFTEN] = 1,
) -> dict[str, float]:
    """Project what a single deposit in a savings plan grows to.

    Args:
        deposit: Amount that is paid in at the start, in dollars.
        interest_rate: Yearly interest rate, as a decimal.
        years: How many years the money stays.
        compounding_frequency: How many times a year interest is added.
    """
    _positive(deposit=deposit, years=years, compounding_frequency=compounding_frequency)
    _fraction(interest_rate=interest_rate)
    balance = deposit * (1 + interest_rate / compounding_frequency) ** (compounding_frequency * years)
    return {"balance": round(balance, 2), "interest": round(balance - deposit, 2)}


@tool(
    asks=(
        "What do I still owe {months_passed} into a loan of {principal} dollars over {years} years[ at a rate of "
        "{interest_rate}] if I pay {payments_per_year}?",
        "We borrowed {principal} dollars for {years} years[ at {interest_rate} a year] and pay {payments_per_year}. "
        "How much will be left after {months_passed}?",
        "loan {principal} dollars, {years}y, rate {interest_rate}, payments {payments_per_year}[; balance after "
        "{months_passed}]",
        "Kindly state the outstanding balance of a loan[ of {principal} dollars] with a term of {years} years and "
        "interest of {interest_rate}, repaid {payments_per_year}, after {months_passed}.",
        "Work out the remaining debt after {months_passed}: {principal} dollars borrowed, {years} years[, interest "
        "rate {interest_rate}], instalments due {payments_per_year}.",
        "I'm thinking of selling the van {months_passed} from now, but the loan on it isn't paid off: {principal} "
        "dollars[ at {interest_rate}] over {years} years, with a payment due {payments_per_year}. What would I owe by "
        "then?",
    ),
    answer="${remaining} will still be owed; each payment is ${payment}.",
)
def loan_balance_left(
    principal: Annotated[float, Pick(6000.0, 9500.0, 14000.0, 20000.0, 32000.0, 75000.0, 180000.0, 240000.0)],
    interest_rate: Annotated[float, _shares(15, 150, 5)],
    years: Annotated[int, Between(4, 30)],
    payments_per_year: Annotated[
        int,
        Said(
            {
                52: ("weekly", "every week"),
                26: ("biweekly", "every two weeks"),
                12: ("monthly", "every month"),
                4: ("quarterly", "every quarter"),
                2: "twice a year",
                1: ("once a year", "yearly"),
            }
        ),
    ],
    months_passed: Annotated[int, _MONTHS],
) -> dict[str, float]:
    """Find what is left to pay of a loan that is repaid in equal instalments.

    Args:
        principal: Amount that was borrowed, in dollars.
        interest_rate: Yearly interest rate.
        years: Term of the loan in years.
        payments_per_year: Number of payments per year.
        months_passed: How many months after the start the balance is wanted.
    """
    _positive(principal=principal, interest_rate=interest_rate, years=years, payments_per_year=payments_per_year)
    rate, count = interest_rate / payments_per_year, years * payments_per_year
    payment = principal * rate / (1 - (1 + rate) ** -count)
    paid = min(count, months_passed * payments_per_year // 12)
    remaining = principal * (1 + rate) ** paid - payment * ((1 + rate) ** paid - 1) / rate
    return {"remaining": round(max(0.0, remaining), 2), "payment": round(payment, 2)}


@tool(
    asks=(
        "If prices rise by {inflation_rate} a year, what will something that costs {price} dollars cost in {years}?",
        "{price} dollars today, inflation {inflation_rate}: price in {years}?",
        "Estimate the future price[ of {item}], now {price} dollars, (in|after) {years}[ with inflation running at "
        "{inflation_rate}].",
        "I pay {price} dollars[ for {item}] today. How much would that be in {years} at an inflation rate of "
        "{inflation_rate}?",
        "Please calculate the future amount of an expense[ of {price} dollars] over {years}, assuming annual "
        "inflation of {inflation_rate}.",
        "We are setting money aside[ for {item}]. It's {price} dollars now, but in {years} it won't be, with "
        "inflation at {inflation_rate}. What should we (reckon with|expect to pay)?",
    ),
    answer="It will cost about ${result}.",
)
def price_after_inflation(
    price: Annotated[float, Pick(120.0, 185.0, 250.0, 480.0, 650.0, 900.0, 1400.0, 3200.0, 18000.0)],
    inflation_rate: Annotated[float, _shares(15, 90, 5)],
    years: Annotated[int, _YEARS],
    item: Annotated[
        str, Pick("a new roof", "a family holiday", "school fees", "a used car", "a heat pump", "the weekly shopping")
    ] = "",
) -> float:
    """Estimate what something will cost after years of inflation.

    Args:
        price: Price today in dollars.
        inflation_rate: Yearly rate of inflation.
        years: Number of years from now.
        item: What is bought.
    """
    _positive(price=price, years=years)
    return round(price * (1 + inflation_rate) ** years, 2)


@tool(
    asks=(
        "How (long|many years) does it take until the population of a town {multiple} at a yearly growth of "
        "{growth_rate}[, {continuous_growth:assuming continuous growth|assuming growth once a year}]?",
        "Our revenue grows by {growth_rate} a year. How many years is it until it {multiple}?",
        "growth {growth_rate} per year, how long until the stock {multiple}?[ {continuous_growth:Continuous "
        "growth.|Yearly steps.}]",
        "Please determine the time after which a population {multiple}[ with annual growth of {growth_rate}][, "
        "{continuous_growth:treating growth as continuous|counting growth in yearly steps}].",
        "The number of deer in our forest grows by {growth_rate} a year. Tell me how long it takes before it "
        "{multiple}.",
        "Calculate how many years pass until an investment with a yearly growth of {growth_rate} {multiple}.",
        "I keep hearing that our user base {multiple} in no time. It really grows by {growth_rate} a year, so how "
        "many years would that take[, {continuous_growth:with growth taken as continuous|with growth added once a "
        "year}]?",
    ),
    answer="It takes about {result} years.",
)
def years_until_multiple(
    growth_rate: Annotated[float, _shares(10, 150, 5)],
    multiple: Annotated[
        float,
        Said({2: "doubles", 3: "triples", 4: "quadruples", 10: "grows tenfold"}),
    ],
    continuous_growth: bool = False,
) -> float:
    """Find the number of years after which something that grows at a steady rate is a multiple of what it was.

    Args:
        growth_rate: Growth per year, as a decimal.
        multiple: How many times its present size it is to reach, e.g. 2 for doubling.
        continuous_growth: Whether growth is continuous instead of once a year.
    """
    _positive(growth_rate=growth_rate, multiple=multiple)
    return round(math.log(multiple) / (growth_rate if continuous_growth else math.log(1 + growth_rate)), 2)


@tool(
    asks=(
        "We have {subscribers} subscribers who pay {price} dollars {bills_per_year}. With a monthly churn rate of "
        "{churn_rate}, what comes in over {months}?",
        "Forecast subscription revenue for {months}: {subscribers} customers, {price} dollars billed "
        "{bills_per_year}[, churn rate {churn_rate}].",
        "subs {subscribers}, {price} dollars {bills_per_year}, churn {churn_rate}/month, revenue in {months}",
        "Every month a share of {churn_rate} of our {subscribers} members leaves. They are charged {price} dollars "
        "{bills_per_year}. How much money will they have brought in after {months}?",
        "Please estimate the income from a subscription service[ with {subscribers} subscribers] over {months}, the "
        "fee of {price} dollars being due {bills_per_year}[ and a share of {churn_rate} leaving each month].",
        "I run a newsletter with {subscribers} paying readers, {price} dollars {bills_per_year}. Sadly, the monthly "
        "churn rate is {churn_rate}. I'd like to know what I'll earn in {months}.",
    ),
    answer="Expect ${revenue} of revenue, with {remaining} subscribers left at the end.",
)
def subscription_revenue(
    subscribers: Annotated[int, Between(80, 20000)],
    price: Annotated[float, Pick(4.99, 8.0, 12.0, 19.0, 29.0, 45.0, 60.0, 99.0)],
    bills_per_year: Annotated[
        int,
        Said(
            {
                12: ("monthly", "every month", "once a month"),
                4: ("quarterly", "every quarter"),
                2: "twice a year",
                1: ("annually", "once a year"),
            }
        ),
    ],
    churn_rate: Annotated[float, _shares(10, 120, 5)],
    months: Annotated[int, _MONTHS],
) -> dict[str, float]:
    """Estimate the revenue from subscribers of whom some leave every month.

    Args:
        subscribers: Number of subscribers now.
        price: Price of one bill in dollars.
        bills_per_year: Bills per year.
        churn_rate: Share of subscribers who leave each month.
        months: How many months are looked ahead.
    """
    _positive(subscribers=subscribers, price=price, bills_per_year=bills_per_year, months=months)
    _fraction(churn_rate=churn_rate)
    average = sum(subscribers * (1 - churn_rate) ** month for month in range(months)) / months
    remaining = int(subscribers * (1 - churn_rate) ** months)
    return {"revenue": round(average * price * bills_per_year * months / 12, 2), "remaining": remaining}


@tool(
    asks=(
        "What do goods worth {goods_value} euros cost us in dollars with a tariff rate of {tariff_rate}[ under code "
        "{tariff_code}]?",
        "import {tariff_code}, {goods_value} EUR, tariff {tariff_rate}[, {dollars_per_euro} USD/EUR]",
        "A shipment[ of {goods_value} euros] falls under heading {tariff_code} and is taxed at {tariff_rate}. What is "
        "the landed cost[ if a euro is {dollars_per_euro} dollars]?",
        "Kindly compute the duty on a consignment[ classified as {tariff_code}] valued at {goods_value} euros, the "
        "applicable rate being {tariff_rate}[ and the exchange rate {dollars_per_euro}].",
        "I'm importing something for {goods_value} euros. Customs says code {tariff_code}, duty {tariff_rate}. What "
        "do I (pay|end up paying) in dollars[ at {dollars_per_euro} dollars to the euro]?[ Add insurance of "
        "{insurance_share} of the value.]",
        "Work out the import cost for {tariff_code}: {goods_value} euros[, a duty of {tariff_rate}][, insurance at "
        "{insurance_share} of the value].",
    ),
    answer="The goods cost ${landed_cost}, duty of ${duty} included.",
)
def landed_import_cost(
    tariff_code: Annotated[
        str,
        Pick(
            "8471.30.01", "6403.99.60", "0901.21.00", "9403.60.80", "8712.00.15", "2204.21.50", "6110.20.20", "8504.40"
        ),
    ],
    goods_value: Annotated[float, Pick(450.0, 1200.0, 3800.0, 7500.0, 12500.0, 26000.0, 48000.0, 90000.0)],
    tariff_rate: Annotated[float, _shares(20, 300, 5)],
    dollars_per_euro: Annotated[float, Pick(1.05, 1.07, 1.08, 1.1, 1.12, 1.15, 1.18)] = 1.08,
    insurance_share: Annotated[float, Pick(0.005, 0.01, 0.015, 0.02, 0.03)] = 0.0,
) -> dict[str, float]:
    """Compute what imported goods cost in dollars with customs duty.

    Args:
        tariff_code: Code of the goods in the customs tariff.
        goods_value: Value of the goods in euros.
        tariff_rate: Rate of duty on the value.
        dollars_per_euro: Exchange rate.
        insurance_share: Insurance as a share of the value, as a decimal.
    """
    _positive(goods_value=goods_value, dollars_per_euro=dollars_per_euro)
    value = goods_value * dollars_per_euro
    duty = value * tariff_rate
    return {"landed_cost": round(value + duty + value * insurance_share, 2), "duty": round(duty, 2)}


# ---------------------------------------------------------------- forecasts and lines


@tool(
    asks=(
        "Forecast {quantity} for {days}[ from the counts {history}][, {weekly_pattern:allowing for a weekly "
        "pattern|ignoring the day of the week}].",
        "The latest daily figures for {quantity} were {history}. What can we expect over {days}[ with growth of "
        "{growth} a day]?",
        "{quantity} {history}, forecast for {days}[, daily growth {growth}]",
        "(How much|What) will {quantity} add up to over {days} if the last values were {history}[ and they grow by "
        "{growth} a day]?",
        "Please provide an outlook on {quantity} for {days}[, based on {history}][ and a daily growth rate of "
        "{growth}][, {weekly_pattern:taking weekdays into account|disregarding weekdays}].",
        "I have to plan staff for {days} and all I know is {quantity} of late: {history}.[ Assume a growth of "
        "{growth} per day.] (Can you look ahead|What's ahead of us)?",
    ),
    answer="The forecast total is {total}, {per_day} a day.",
)
def extend_forecast(
    quantity: Annotated[
        str,
        Pick(
            "ice cream sales",
            "website visits",
            "electricity demand",
            "toll road traffic",
            "bike rentals",
            "museum visitors",
            "gas consumption",
            "parcel deliveries",
            "bakery sales",
            "support calls",
        ),
    ],
    history: Annotated[list[Annotated[int, Between(20, 900)]], Size(3, 6)],
    days: Annotated[int, _DAYS_AHEAD],
    growth: Annotated[float, _shares(10, 60, 5)] = 0.0,
    weekly_pattern: bool = False,
) -> dict[str, float]:
    """Forecast a daily quantity from its latest values.

    Args:
        quantity: What is forecast.
        history: Latest daily values, the oldest first.
        days: How many days ahead are forecast.
        growth: Expected growth per day.
        weekly_pattern: Whether weekends are treated apart.
    """  # fmt: skip
    _positive(days=days)
    level = sum(history) / len(history)
    weights = [0.8 if weekly_pattern and day % 7 in (5, 6) else 1.0 for day in range(days)]
    total = sum(level * (1 + growth) ** (day + 1) * weight for day, weight in enumerate(weights))
    return {"total": round(total, 1), "per_day": round(total / days, 1)}


@tool(
    asks=(
        "The stations of our line take {station_seconds} seconds. How many good parts do we get in {minutes}[ at a "
        "defect rate of {defect_rate}]?",
        "line {station_seconds} s, {minutes}[, defect rate {defect_rate}]: good units?",
        "Estimate the output of a production line over {minutes}[ with cycle times of {station_seconds} seconds][ and "
        "a reject rate of {defect_rate}].",
        "We run the line for {minutes}. Cycle times are {station_seconds} seconds[, and the scrap rate is "
        "{defect_rate}]. What's the yield in pieces?",
        "Kindly determine the number of sound pieces produced in {minutes} by stations with cycle times of "
        "{station_seconds} seconds[, given a reject share of {defect_rate}].",
        "My shift goes on for {minutes} and I want to know how many parts we can still make. The stations need "
        "{station_seconds} seconds each[; the usual defect rate is {defect_rate}].",
    ),
    answer="The line makes {good} good parts; station {bottleneck} is the bottleneck.",
)
def production_line_output(
    station_seconds: Annotated[list[Annotated[int, Between(8, 95)]], Size(2, 5)],
    minutes: Annotated[
        int,
        Said(
            {
                30: ("half an hour", "30 minutes"),
                45: ("three quarters of an hour", "45 minutes"),
                60: ("an hour", "one hour"),
                90: ("an hour and a half", "90 minutes"),
                120: ("2 hours", "two hours"),
                240: "4 hours",
                480: "8 hours",
            }
        ),
    ],
    defect_rate: Annotated[float, _shares(5, 80, 5)] = 0.0,
) -> dict[str, int]:
    """Estimate how many good parts a production line makes.

    Args:
        station_seconds: Cycle time of each station in seconds.
        minutes: Running time in minutes.
        defect_rate: Share of parts that are rejected.
    """
    _positive(minutes=minutes, slowest=max(station_seconds))
    _fraction(defect_rate=defect_rate)
    made = minutes * 60 // max(station_seconds)
    bottleneck = station_seconds.index(max(station_seconds)) + 1
    return {"good": int(made * (1 - defect_rate)), "bottleneck": bottleneck}


@tool(
    asks=(
        "Two suppliers deliver {shares} of our bolts. Their defect rates are {rates}. What is the overall rate?",
        "shares {shares}, rates {rates}, overall?",
        "Mix the rates {rates} with weights of {shares}.",
        "Our two campaigns got {shares} of the visitors[ and converted {rates} of them]. (Which|What) rate is that "
        "(in all|altogether)?",
        "Please compute the weighted rate of two groups[ that make up {shares} of the sample], where the individual "
        "rates are {rates}.",
        "The exam counts for two parts, {shares}, and I failed questions at rates of {rates}. How bad is that overall?",
    ),
    answer="The overall rate is {result}.",
)
def blended_rate(
    shares: Annotated[
        list[float],
        Said(
            {
                (a / 100, (100 - a) / 100): (f"{a}% and {100 - a}%", f"{a / 100:g} and {(100 - a) / 100:g}")
                for a in range(10, 95, 5)
            }
        ),
    ],
    rates: Annotated[
        list[float],
        Said(
            {
                (a / 100, b / 100): (f"{a}% and {b}%", f"{a / 100:g} and {b / 100:g}", f"[{a / 100:g}, {b / 100:g}]")
                for a in (1, 2, 4, 7, 12)
                for b in (3, 5, 6, 9, 18)
            }
        ),
    ],
) -> float:
    """Combine the rates of groups into one rate of all of them.

    Args:
        shares: Share of each group in the whole, as decimals.
        rates: Rate within each group, as decimals, in the same order.
    """
    if len(shares) != len(rates):
        raise ValueError("there must be a rate for each share")
    _positive(sum_of_shares=sum(shares))
    return round(sum(share * rate for share, rate in zip(shares, rates, strict=True)) / sum(shares), 5)


@tool(
    asks=(
        "How many samples are there in {seconds} of sound at {sample_hz} Hz[ in {channels} channels]?",
        "samples: {seconds} @ {sample_hz} Hz[, {channels} ch][, {dropped_share} dropped]",
        "Calculate how many values my sensor records in {seconds}[ at {sample_hz} Hz][ if it drops a share of "
        "{dropped_share}].",
        "I record for {seconds} with {sample_hz} samples per second[ on {channels} channels]. How long will the data "
        "set be?",
        "Please state the number of samples in a signal[ sampled at {sample_hz} Hz] lasting {seconds}[, of which a "
        "share of {dropped_share} is lost][, {include_endpoint:including the endpoint|excluding the endpoint}].",
        "The EEG runs for {seconds} at {sample_hz} Hz, so I need an array of the right size[, {include_endpoint:with "
        "the last point included|without the last point}].",
    ),
    answer="The signal has {result} samples.",
)
def signal_sample_count(
    seconds: Annotated[int, _SECONDS],
    sample_hz: Annotated[int, Pick(100, 128, 250, 500, 1000, 2000, 8000, 16000, 22050, 44100, 48000)],
    channels: Annotated[int, Between(2, 16)] = 1,
    dropped_share: Annotated[float, _shares(10, 200, 10)] = 0.0,
    include_endpoint: bool = False,
) -> int:
    """Count the samples of a recorded signal.

    Args:
        seconds: Length of the recording in seconds.
        sample_hz: Samples per second.
        channels: Number of channels.
        dropped_share: Share of samples that get lost.
        include_endpoint: Whether a sample is taken at the very end too.
    """
    _positive(seconds=seconds, sample_hz=sample_hz, channels=channels)
    _fraction(dropped_share=dropped_share)
    return int((seconds * sample_hz + include_endpoint) * channels * (1 - dropped_share))


@tool(
    asks=(
        "How much CO2 a year does a trip of {trip_km} km cause that I make {trips_per_year} in a {vehicle} car?",
        "{vehicle}, {trip_km} km, {trips_per_year}[, {include_return_trip:there and back|one way}]: CO2 and fuel per "
        "year",
        "I drive {trip_km} km {trips_per_year}[, {include_return_trip:both ways|only one way}]. My car is {vehicle}. "
        "What are my emissions?",
        "Estimate the yearly emissions of a {vehicle} van that makes a delivery[ over {trip_km} km] {trips_per_year}.",
        "Please assess the annual carbon output of a {vehicle} vehicle travelling {trip_km} km {trips_per_year}[, "
        "{include_return_trip:counting the way back|not counting the way back}].",
        "We visit grandma {trips_per_year}, {trip_km} km away[, {include_return_trip:and drive back too|and take the "
        "train back}]. The car's {vehicle}, and I'd like to offset the CO2.",
    ),
    answer="That is {co2_kg} kg of CO2 a year over {km} km.",
)
def yearly_trip_emissions(
    vehicle: Annotated[
        str,
        Pick("gas-powered", "diesel-powered", "plug-in hybrid", "battery-electric", "hydrogen-powered", "flex-fuel"),
    ],
    trip_km: Annotated[float, Between(3, 420, 0)],
    trips_per_year: Annotated[
        int,
        Said(
            {
                365: ("daily", "every day"),
                52: ("weekly", "every week", "once a week"),
                26: "every two weeks",
                12: ("monthly", "every month", "once a month"),
                4: ("quarterly", "every quarter"),
                2: ("twice a year", "every six months"),
                1: "once a year",
            }
        ),
    ],
    include_return_trip: bool = False,
) -> dict[str, float]:
    """Estimate what a regular trip by car emits in a year.

    Args:
        vehicle: Kind of drive, e.g. "gas-powered".
        trip_km: Length of one trip in km.
        trips_per_year: Trips per year.
        include_return_trip: Whether each trip goes back as well.
    """
    _positive(trip_km=trip_km, trips_per_year=trips_per_year)
    km = trip_km * trips_per_year * (2 if include_return_trip else 1)
    grams = {"gas": 171, "diesel": 168, "plug": 92, "battery": 48, "hydrogen": 75, "flex": 140}
    per_km = grams.get(re.split(r"[- ]", vehicle.lower())[0], 150)
    return {"co2_kg": round(km * per_km / 1000, 1), "km": round(km, 1)}


# ---------------------------------------------------------------- motion, dilution, chance


@tool(
    asks=(
        "A (car|cart|tram|cyclist) starts {initial_speed} and accelerates at {acceleration} m/s² for {seconds}. How "
        "fast is it at the end[, {ignore_friction:ignoring friction|with friction considered}]?",
        "start {initial_speed}, a = {acceleration} m/s²[, t = {seconds}]: final speed?",
        "Find the speed that a sled reaches after {seconds} when it sets off {initial_speed} with an acceleration of "
        "{acceleration} m/s²[, {ignore_friction:neglecting friction|taking friction into account}].",
        "My scooter pulls {acceleration} m/s². If I begin {initial_speed}, what will it do after {seconds}?",
        "Please determine the final velocity of a run that begins {initial_speed} and accelerates uniformly[ with "
        "{acceleration} m/s²] over {seconds}.",
        "I wonder how quick the train gets in {seconds}[ with {acceleration} m/s²] when it begins {initial_speed}[, "
        "{ignore_friction:assuming no friction|assuming friction as usual}].",
    ),
    answer="It reaches {speed} m/s after {distance} m.",
)
def speed_reached(
    initial_speed: Annotated[
        float,
        Said(
            {
                0: ("from rest", "from a standstill"),
                5: "at 5 m/s",
                8: "at 8 m/s",
                12.5: "at 12.5 m/s",
            }
        ),
    ],
    acceleration: Annotated[float, Pick(0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.75, 0.9, 1.2, 1.5)],
    seconds: Annotated[
        int,
        Said(
            {
                8: "8 seconds",
                10: ("10 seconds", "ten seconds"),
                15: "15 seconds",
                30: "half a minute",
                60: ("a minute", "one minute"),
                90: "a minute and a half",
                120: ("2 minutes", "two minutes"),
            }
        ),
    ],
    ignore_friction: bool = True,
) -> dict[str, float]:
    """Find the speed of a body that accelerates evenly.

    Args:
        initial_speed: Speed at the start in m/s, 0 from rest.
        acceleration: Acceleration in m/s².
        seconds: How many seconds it accelerates.
        ignore_friction: Whether rolling friction is left out of account.
    """
    _positive(seconds=seconds)
    net = acceleration if ignore_friction else acceleration * 0.9
    distance = initial_speed * seconds + net * seconds**2 / 2
    return {"speed": round(initial_speed + net * seconds, 3), "distance": round(distance, 2)}


@tool(
    asks=(
        "A stone {initial_speed} from a bridge {height} m above the water. When does it hit[, "
        "{include_air_resistance:considering air resistance|ignoring air resistance}]?",
        "ball {initial_speed}, h = {height} m[, g = {gravity} m/s²][, {include_air_resistance:with drag|no drag}]: "
        "fall time?",
        "How long is a coin in the air if it {initial_speed} from {height} meters[, {include_air_resistance:air "
        "resistance included|air resistance neglected}]?",
        "Calculate the time of fall for a hammer that {initial_speed}[ from {height} m][, where gravity is {gravity} "
        "m/s²].",
        "Please compute the duration of the descent of a probe that {initial_speed} at a height of {height} m[, "
        "gravity being {gravity} m/s²].",
        "I'm filming a melon that {initial_speed} from a crane[, {height} m up]. How long do I have until it bursts[, "
        "{include_air_resistance:counting the drag of the air|assuming there's no air resistance}]?",
    ),
    answer="It falls for {seconds} s and hits at {speed} m/s.",
)
def fall_duration(
    height: Annotated[float, Between(3, 180)],
    initial_speed: Annotated[
        float,
        Said(
            {
                0: ("is dropped", "is let go"),
                4: "is thrown down at 4 m/s",
                9: "is thrown down at 9 m/s",
            }
        ),
    ],
    gravity: Annotated[float, Pick(1.62, 3.71, 8.87, 24.8)] = 9.81,
    include_air_resistance: bool = False,
) -> dict[str, float]:
    """Compute how long a body falls from a height.

    Args:
        height: Height in meters.
        initial_speed: Downward speed at the start in m/s.
        gravity: Acceleration of gravity in m/s².
        include_air_resistance: Whether the drag of the air is estimated too.
    """
    _positive(height=height, gravity=gravity)
    pull = gravity * (0.94 if include_air_resistance else 1)
    speed = math.sqrt(initial_speed**2 + 2 * pull * height)
    return {"seconds": round((speed - initial_speed) / pull, 3), "speed": round(speed, 3)}


@tool(
    asks=(
        "How much water do I add to {volume_ml} ml of {compound} solution to bring it from {start_share} down to "
        "{target_share}?",
        "dilute {compound} {volume_ml} ml, {start_share} -> {target_share}",
        "I have {volume_ml} ml of {compound} at a concentration of {start_share}. I need it at {target_share}, so how "
        "much water goes in?",
        "Please compute the solvent required to dilute[ {volume_ml} ml of] {compound} with a mass fraction of "
        "{start_share} to {target_share}.",
        "Thin down my {compound}: {volume_ml} ml[ with a concentration of {start_share}], target concentration "
        "{target_share}.",
        "The bottle says {compound}, {start_share}. For cleaning it has to be {target_share}. What do I mix with "
        "{volume_ml} ml of it[, {round_up:rounded up to full ml|not rounded}]?",
    ),
    answer="Add {result} ml of water.",
)
def water_to_dilute(
    compound: Annotated[str, Pick("NaOH", "H2O2", "HCl", "C2H5OH", "CH3COOH", "NaCl", "H2SO4", "KNO3", "NH3", "CuSO4")],
    volume_ml: Annotated[int, Pick(20, 50, 75, 100, 150, 200, 250, 400, 500, 750, 1000)],
    start_share: Annotated[float, _shares(300, 900, 50)],
    target_share: Annotated[float, _shares(20, 250, 10)],
    round_up: bool = False,
) -> float:
    """Compute how much water brings a solution down to a lower concentration.

    Args:
        compound: Chemical formula of what is dissolved.
        volume_ml: Volume of the solution in ml.
        start_share: Concentration before, as a decimal.
        target_share: Concentration that is wanted, as a decimal.
        round_up: Whether to round up to whole ml.
    """
    _positive(volume_ml=volume_ml, target_share=target_share)
    if target_share >= start_share:
        raise ValueError("target_share must be lower than start_share")
    water = volume_ml * (start_share / target_share - 1)
    return float(math.ceil(water)) if round_up else round(water, 2)


@tool(
    asks=(
        "What are the odds of {heads} heads when I toss {heads_probability} {tosses} times[, {include_more_heads:or "
        "more|exactly that many}]?",
        "{heads_probability}, {tosses} tosses,[ {include_more_heads:at least|exactly}] {heads} heads",
        "I flip {heads_probability} {tosses} times. How likely is it to get[ {include_more_heads:at least|exactly}] "
        "{heads} heads?",
        "Find the probability of[ {include_more_heads:no fewer than|exactly}] {heads} heads in {tosses} flips of "
        "{heads_probability}.",
        "Please determine how probable {heads} heads are[ in {tosses} throws] of {heads_probability}.",
        "My brother bets on {heads} heads[ out of {tosses} tosses]. We use {heads_probability}. What's his chance?",
    ),
    answer="The probability is {result}.",
)
def coin_toss_odds(
    heads_probability: Annotated[
        float,
        Said(
            {
                0.5: "a fair coin",
                0.6: ("a coin that lands heads 60% of the time", "a bent coin with a heads probability of 0.6"),
                0.45: ("a coin that lands heads 45% of the time", "a worn coin with a heads probability of 0.45"),
            }
        ),
    ],
    tosses: Annotated[int, Between(8, 40)],
    heads: Annotated[int, Between(2, 7)],
    include_more_heads: bool = False,
) -> float:
    """Find how likely a number of heads is in a series of coin tosses.

    Args:
        heads_probability: Probability of heads in one toss.
        tosses: Number of tosses.
        heads: Number of heads.
        include_more_heads: Whether more heads count as well.
    """
    _fraction(heads_probability=heads_probability)
    _positive(tosses=tosses)
    p = heads_probability
    chances = [math.comb(tosses, k) * p**k * (1 - p) ** (tosses - k) for k in range(heads, tosses + 1)]
    return round(sum(chances if include_more_heads else chances[:1]), 6)


# ---------------------------------------------------------------- data files


@tool(
    asks=(
        "Fit a line to {path} that predicts {target} from {features}[, {include_intercept:with an intercept|without "
        "an intercept}].",
        "regress {target} on {features}, file {path}[, {include_intercept:with intercept|no intercept}][, test share "
        "{test_share}]",
        "Can you model {target} in {path} on the basis of {features}[ and hold out a share of {test_share} for "
        "testing]?",
        "I've got a table in {path} and want to explain {target} by {features}. How good is a linear model[ if I keep "
        "a share of {test_share} for testing]?",
        "Please estimate a linear model of {target}[ on {features}] using the data in {path}[, "
        "{include_intercept:including an intercept|forced through the origin}].",
        "The file is {path}. I want to forecast {target} using {features}[; {include_intercept:assume there is an "
        "intercept|assume there is no intercept}].",
    ),
    answer="The model explains a share of {r_squared} of the variance, trained on {rows} rows.",
)
def fit_line_to_file(
    path: CsvPath,
    target: Annotated[str, Pick(*_COLUMNS[::2])],
    features: Annotated[list[Annotated[str, Pick(*_COLUMNS[1::2])]], Size(1, 3)],
    include_intercept: bool = True,
    test_share: Annotated[float, Pick(0.1, 0.15, 0.2, 0.25, 0.3, 0.4)] = 0.2,
) -> dict[str, Any]:
    """Fit a linear model to the columns of a CSV file.

    Args:
        path: Path of the CSV file.
        target: Name of the column that is predicted.
        features: Names of the columns that it is predicted from.
        include_intercept: Whether the model has an intercept.
        test_share: Share of rows that are kept for testing, as a decimal.
    """
    _fraction(test_share=test_share)
    if target in features:
        raise ValueError("the target cannot be one of the features")
    rows = int(_stable(200, 5000, path) * (1 - test_share))
    return {"r_squared": _stable(310, 960, path, target, sorted(features), include_intercept) / 1000, "rows": rows}


@tool(
    asks=(
        "Is there a difference in {value_column} between the groups of {group_column} in {path}[, "
        "{equal_variance:assuming equal variance|not assuming equal variance}]?",
        "t test {path}: {value_column} by {group_column}[, {equal_variance:equal variances|unequal variances}]",
        "Compare[ the mean of] {value_column} across {group_column} using the file {path}[; {equal_variance:assume "
        "the variances are equal|do not assume equal variances}].",
        "I have measurements in {path}. Check whether {value_column} depends on {group_column}[ at an error rate of "
        "{error_rate}].",
        "Please perform a test for a difference in {value_column}[ by {group_column}] on the records in {path}[, "
        "{equal_variance:under the assumption of equal variance|without assuming equal variance}].",
        "My colleague says {value_column} is the same whatever {group_column} is. The data's in {path}. Is she "
        "right[, if we accept an error rate of {error_rate}]?",
    ),
    answer="The test gives p = {p_value}, so the groups {verdict}.",
)
def group_difference_in_file(
    path: CsvPath,
    value_column: Column,
    group_column: Annotated[str, Pick(*_GROUPS)],
    equal_variance: bool = True,
    error_rate: Annotated[float, Pick(0.01, 0.02, 0.05, 0.1)] = 0.05,
) -> dict[str, Any]:
    """Test whether the mean of a column of a CSV file differs between two groups.

    Args:
        path: Path of the CSV file.
        value_column: Column with the numbers.
        group_column: Column that tells the group.
        equal_variance: Whether the groups are assumed to have the same variance.
        error_rate: Accepted rate of false alarms.
    """
    _fraction(error_rate=error_rate)
    p_value = _stable(1, 400, path, value_column, group_column, equal_variance) / 1000
    return {"p_value": p_value, "verdict": "differ" if p_value < error_rate else "do not differ"}


@tool(
    asks=(
        "How (many times|often) does {pattern} (occur|appear) in {path} over {minutes}?",
        "grep -c {pattern} {path}, {minutes}[, {ignore_case:ignoring case|case-sensitive}]",
        "Count the lines[ with {pattern}] in {path} from {minutes}[, {ignore_case:ignoring case|matching case}].",
        "The server's acting up. Look into {path} and tell me how many {pattern} entries there were in {minutes}[, "
        "{ignore_case:in upper or lower case|in exactly this spelling}].",
        "Please report the number of log entries that match {pattern}[ in {path}] during {minutes}.",
        "I'd like to know whether {pattern} turned up in {path} within {minutes}[; {ignore_case:case doesn't "
        "matter|case matters}].",
    ),
    answer="{count} lines match.",
)
def count_log_matches(
    path: Annotated[
        str,
        Pick(
            "/var/log/nginx/error.log",
            "C:/logs/app-2024.log",
            "/opt/api/logs/worker_3.log",
            "D:\\svc\\trace.log",
            "~/build/ci-output.txt",
            "/var/log/syslog.1",
            "logs/payment-gateway.log",
            "/mnt/crash_dump.txt",
        ),
    ],
    pattern: Annotated[
        str,
        Pick(
            "TimeoutError",
            "HTTP 503",
            "out of memory",
            "ERR_4012",
            "connection reset",
            "disk-full",
            "NullPointer",
            "auth_failed",
            "v2.14.0-rc1",
            "retry limit",
        ),
    ],
    minutes: Annotated[
        int,
        Said(
            {
                10: "the last 10 minutes",
                30: "the past 30 minutes",
                60: ("the past hour", "the last hour"),
                120: ("the last two hours", "the past 2 hours"),
                180: ("the last 3 hours", "the past three hours"),
                360: "the last 6 hours",
                720: "the past 12 hours",
            }
        ),
    ],
    ignore_case: bool = False,
) -> dict[str, int]:
    """Count the lines of a log file that match a text.

    Args:
        path: Path of the log file.
        pattern: Text to look for.
        minutes: How many minutes back the log is read.
        ignore_case: Whether upper and lower case are treated alike.
    """  # fmt: skip
    _positive(minutes=minutes)
    return {"count": minutes * _stable(1, 90, path, pattern, ignore_case) // 60}


# ---------------------------------------------------------------- formulas and points

_OPERATORS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.USub: operator.neg,
}  # fmt: skip
_FUNCTIONS = {"sin": math.sin, "cos": math.cos, "tan": math.tan, "exp": math.exp, "ln": math.log, "sqrt": math.sqrt}


def _evaluate(node: ast.AST, x: float) -> float:
    match node:
        case ast.Expression(body):
            return _evaluate(body, x)
        case ast.Constant(int() | float() as number):
            return float(number)
        case ast.Name("x"):
            return x
        case ast.UnaryOp(ast.USub(), operand):
            return -_evaluate(operand, x)
        case ast.BinOp(left, op, right) if type(op) in _OPERATORS:
            return float(_OPERATORS[type(op)](_evaluate(left, x), _evaluate(right, x)))
        case ast.Call(ast.Name(name), [argument]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_evaluate(argument, x))
    raise ValueError("the formula may hold x, numbers, + - * / ^ and sin, cos, tan, exp, ln, sqrt")


def _read_formula(formula: str) -> ast.AST:
    spelled = re.sub(r"(?<=[\d)])\s*(?=[a-z(])", "*", formula.lower().replace("^", "**"))
    try:
        return ast.parse(spelled, mode="eval")
    except SyntaxError:
        raise ValueError(f"the formula {formula!r} cannot be read") from None


@tool(
    asks=(
        "What is the area under {formula} {interval}[, {signed_area:counting what lies below the axis as "
        "negative|counting all of it as positive}]?",
        "area {formula} {interval}[, {slices} slices]",
        "Integrate the function {formula} {interval}[ in {slices} steps].",
        "I've drawn the curve y = {formula} and shaded what's beneath it[ {interval}]. How big is the shaded part?",
        "Please evaluate the integral of[ the function] {formula} {interval}[, {signed_area:with negative parts "
        "subtracted|with negative parts added}].",
        "Numerically integrate {formula} {interval}[ using {slices} strips].",
        "For my homework I have to find the area that {formula} encloses with the x axis {interval}[, "
        "{signed_area:parts below it being negative|parts below it counted as positive}].",
    ),
    answer="The area is {result}.",
)
def area_beneath_formula(
    formula: Annotated[str, Pick(*_FORMULAS)],
    interval: Interval,
    slices: Annotated[int, Pick(10, 20, 50, 200, 500, 1000)] = 100,
    signed_area: bool = True,
) -> float:
    """Estimate the area between a curve and the x axis by the trapezoidal rule.

    Args:
        formula: Formula of the curve in x, as it was given.
        interval: Both ends of the interval, the lower first.
        slices: Number of slices.
        signed_area: Whether area below the axis is negative.
    """
    if len(interval) != 2 or interval[0] >= interval[1]:
        raise ValueError("interval must hold a lower and a higher end")
    _positive(slices=slices)
    tree, width = _read_formula(formula), (interval[1] - interval[0]) / slices
    heights = [_evaluate(tree, interval[0] + width * index) for index in range(slices + 1)]
    heights = heights if signed_area else [abs(height) for height in heights]
    return round(width * (sum(heights) - (heights[0] + heights[-1]) / 2), 5)


@tool(
    asks=(
        "Give me {count} points on the line from {start} to {end}[, {include_endpoints:including the "
        "endpoints|without the endpoints}].",
        "{start} -> {end}, {count} points[, {include_endpoints:with endpoints|no endpoints}]",
        "I (plant|want to plant) {count} trees in a straight row between {start} and {end} on the site plan. Where do "
        "they go[, {include_endpoints:counting both ends|leaving both ends free}]?",
        "Which coordinates split the way from {start} to {end} evenly into {count} stops[, {include_endpoints:the "
        "ends included|the ends excluded}]?",
        "Please interpolate {count} positions[ from {start}] to {end} at equal distances.",
        "The robot moves from {start} to {end}. It'd help to have {count} waypoints[, {include_endpoints:both ends "
        "among them|the ends not among them}].",
    ),
    answer="The points are {points}, {spacing} apart.",
)
def points_along_segment(
    start: Vector, end: Target, count: Annotated[int, Between(3, 12)], include_endpoints: bool = True
) -> dict[str, Any]:
    """Find points at equal distances on the line between two points.

    Args:
        start: First point as [x, y].
        end: Last point as [x, y].
        count: Number of points.
        include_endpoints: Whether both ends are among them.
    """
    if len(start) != 2 or len(end) != 2 or count < 2:
        raise ValueError("start and end must be [x, y], and count 2 at least")
    steps = [i / (count - 1) if include_endpoints else (i + 1) / (count + 1) for i in range(count)]
    points = [[round(a + (b - a) * step, 3) for a, b in zip(start, end, strict=True)] for step in steps]
    return {"points": points, "spacing": round(math.dist(start, end) * (steps[1] - steps[0]), 3)}


# ---------------------------------------------------------------- orders and files of a court


@tool(
    asks=(
        "Order {quantity} of part {part_number}[, firmware {firmware}][, delivered {deliveries_per_year}].",
        "part {part_number}, {quantity} pcs[, fw {firmware}][, {deliveries_per_year}]",
        "We're (running low on|out of) {part_number}. Can you get us {quantity} more[ with firmware {firmware}][, and "
        "again {deliveries_per_year}]?",
        "Please place an order for {quantity} units of item {part_number}[, to be supplied {deliveries_per_year}][ at "
        "a discount of {discount}].",
        "I need[ {quantity} pieces of] {part_number} for the workshop[, software version {firmware}]. Put in an "
        "order[ at a discount of {discount}].",
        "The pump shop wants {quantity} of the {part_number}[, to be delivered {deliveries_per_year}][, at a "
        "discount of {discount}].",
    ),
    answer="Order {order} for {part_number} is placed, ${cost} in all.",
)
def reorder_part(
    part_number: Annotated[
        str,
        Pick(
            "KX-4471/B",
            "8T-2290",
            "BRG6204-2RS",
            "PN 55-1032",
            "A2C-0098.7",
            "ZF/330-12",
            "M8x40-A2",
            "VLV-77Q",
            "0445-K3",
        ),
    ],
    quantity: Annotated[int, Between(2, 60)],
    firmware: Annotated[str, Pick("v2.14.0-rc1", "3.0.7", "1.9.2b", "v10.4", "2024.06-lts", "4.1.0+build77")] = "",
    deliveries_per_year: Annotated[
        int,
        Said(
            {
                52: ("weekly", "every week"),
                12: ("monthly", "every month"),
                4: ("quarterly", "every quarter"),
                2: ("twice a year", "every six months"),
            }
        ),
    ] = 1,
    discount: Annotated[float, Pick(0.03, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2)] = 0.0,
) -> dict[str, Any]:
    """Order a spare part, once or several times a year.

    Args:
        part_number: Part number exactly as it is printed.
        quantity: Pieces in each delivery.
        firmware: Version of the firmware, exactly as it is written.
        deliveries_per_year: Deliveries per year.
        discount: Discount on the list price, as a decimal.
    """
    _positive(quantity=quantity, deliveries_per_year=deliveries_per_year)
    _fraction(discount=discount)
    price = _stable(180, 9000, part_number) / 100
    order = f"PO-{_stable(10000, 99999, part_number, quantity, firmware, deliveries_per_year)}"
    return {"order": order, "cost": round(price * quantity * deliveries_per_year * (1 - discount), 2)}


@tool(
    asks=(
        "What's the status of docket {docket_number}[ at the {court}]?",
        "docket {docket_number}[, {court}][, {include_sealed_entries:sealed entries too|no sealed entries}]",
        "Pull up the file {docket_number}[ of the {court}][, {include_sealed_entries:including sealed entries|leaving "
        "out sealed entries}].",
        "My lawyer keeps talking about {docket_number}. Has anything happened there[ in {months}]?",
        "Please furnish the register of actions in the matter {docket_number}[ before the {court}][ for {months}].",
        "I'm (a witness|an expert) in {docket_number} and need to know when the next hearing is[, "
        "{include_sealed_entries:counting sealed entries|sealed entries aside}].",
    ),
    answer="The matter is {status}, with {entries} entries.",
)
def docket_status(
    docket_number: Annotated[
        str,
        Pick(
            "2019/QB0417",
            "23-cv-01187",
            "KB-2021-000418",
            "1:19-cr-00733-JMF",
            "2020/TX-0091",
            "C-403/03",
            "A24-0556",
            "FAM/118/2023",
            "22-BK-4410",
            "LT-2019/77b",
        ),
    ],
    court: Annotated[
        str,
        Pick("county court", "tax tribunal", "family court", "high court", "bankruptcy court", "labor court"),
    ] = "",
    months: Annotated[
        int,
        Said(
            {
                1: ("the last month", "the past month"),
                3: ("the last 3 months", "the past three months"),
                12: ("the past year", "the last year"),
                24: ("the last two years", "the past 2 years"),
            }
        ),
    ] = 12,
    include_sealed_entries: bool = False,
) -> dict[str, Any]:
    """Look up what happened lately in a court matter.

    Args:
        docket_number: Docket number exactly as it is written.
        court: Court where the matter is pending.
        months: How many months back entries are listed.
        include_sealed_entries: Whether sealed entries are counted.
    """  # fmt: skip
    _positive(months=months)
    entries = _stable(1, 9, docket_number, court) * months // 4 + (2 if include_sealed_entries else 0)
    status = ("pending", "adjourned", "decided", "under appeal")[_stable(0, 3, docket_number)]
    return {"status": status, "entries": entries}
