"""Statistics: descriptive measures, probability, regression and tests over lists of numbers."""

import math
from collections import Counter
from datetime import date, timedelta
from statistics import NormalDist, correlation, fmean, linear_regression, median, multimode, pstdev, stdev
from typing import Annotated, Literal

from sftctl.core.tools import Between, Date, Pick, Size, tool

Reading = Annotated[float, Between(2, 95)]
Percent = Annotated[float, Between(3, 97)]


def _ranks(values: list[float]) -> list[float]:
    order = sorted(values)
    return [order.index(v) + (order.count(v) + 1) / 2 for v in values]


def _t_tail(t: float, df: int) -> float:
    """The probability that Student's t with `df` degrees of freedom exceeds `t` >= 0, by Simpson's rule."""
    limit = math.atan(t / math.sqrt(df))  # t = sqrt(df) tan(u) turns the density into cos(u) ** (df - 1)
    scale = math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)
    ends = 1.0 + math.cos(limit) ** (df - 1)
    inner = sum((4 if i % 2 else 2) * math.cos(limit * i / 400) ** (df - 1) for i in range(1, 400))
    return max(0.0, 0.5 - scale * limit / 1200 * (ends + inner))


@tool(
    asks=(
        "What's the {measure} of {values}?",
        "{measure} {values}",
        "I timed my commute on a few days and got {values} minutes. Could you find the {measure}?",
        "For a report I need the {measure}[ of these numbers: {values}].",
        "{values}. (Give me|Tell me) the {measure}[ with outliers trimmed: {trim_percent} percent off each end].",
        "(Compute|Calculate) the {measure} for the readings {values}[, after dropping the lowest and "
        "highest {trim_percent} percent].",
    ),
    answer="The {measure} is {result}.",
)
def central_value(
    values: Annotated[list[float], Between(2, 95), Size(4, 8)],
    measure: Literal["mean", "median", "midrange", "mode"],
    trim_percent: Annotated[float, Pick(5, 10, 12.5, 15, 20, 25)] = 0.0,
) -> float:
    """Compute a measure of the center of a list of numbers.

    Args:
        values: Numbers to summarize.
        measure: Which measure to compute; of several modes, the smallest counts.
        trim_percent: Share of values to drop at either end first, in percent, below 50.
    """
    if not values or not 0 <= trim_percent < 50:
        raise ValueError("values must not be empty and trim_percent must be below 50")
    cut = int(len(values) * trim_percent / 100)
    kept = sorted(values)[cut : len(values) - cut]
    if measure == "mode":
        return min(multimode(kept))
    return round({"mean": fmean(kept), "median": median(kept), "midrange": (kept[0] + kept[-1]) / 2}[measure], 4)


@tool(
    asks=(
        "(What's|What is) the standard deviation of {data}?",
        "std dev {data}[, {is_sample:sample|population}]",
        "How much do the values {data} scatter around their mean[ if I treat them as {is_sample:a "
        "sample|the whole population}]?",
        "My lap times were {data} seconds. Find out how consistent I was, (as a|in terms of the) standard deviation.",
        "(Please calculate|Calculate) the spread[ of {data}] as a standard deviation[, {is_sample:dividing "
        "by n minus one|dividing by n}].",
        "Take the measurements {data} and compute sigma.",
    ),
    answer="The standard deviation is {result}.",
)
def standard_deviation(
    data: Annotated[list[float], Between(2, 95), Size(4, 8)],
    is_sample: bool = True,
) -> float:
    """Compute the standard deviation of a list of numbers.

    Args:
        data: Numbers whose spread is wanted, at least two.
        is_sample: Whether the numbers are a sample (divide by n - 1) instead of the whole population.
    """
    if len(data) < 2:
        raise ValueError("at least two numbers are needed")
    return round(stdev(data) if is_sample else pstdev(data), 4)


@tool(
    asks=(
        "Where does a score of {score} rank among {scores}, as a percentile?",
        "I got {score} points on the test. The class had {scores}. What percentage did I beat?",
        "percentile rank[ of {score}] within {scores}[, method {method}]",
        "Among the results {scores}, (what|which) percentile is the value {score}[, counted with the {method} method]?",
        "Our shop sold {score} units today. Compared with the earlier days, {scores}, how many percent of "
        "days were worse?",
        "Given {scores}, (compute|determine) the percentile standing of {score}[ using the {method} definition].",
    ),
    answer="A value of {score} stands at percentile {result}.",
)
def percentile_rank(
    scores: Annotated[list[float], Between(2, 95), Size(5, 8)],
    score: Reading,
    method: Literal["strict", "weak", "midpoint"] = "midpoint",
) -> float:
    """Find the percentage of values in a list that lie below a given value.

    Args:
        scores: Values to compare with.
        score: Value whose standing is wanted.
        method: Whether equal values count not at all (strict), fully (weak) or half (midpoint).
    """
    if not scores:
        raise ValueError("scores must not be empty")
    share = {"strict": 0.0, "weak": 1.0, "midpoint": 0.5}[method]
    below = sum(s < score for s in scores) + share * scores.count(score)
    return round(100 * below / len(scores), 2)


@tool(
    asks=(
        "Which value marks the {percent} percent point of {observations}?",
        "{observations}: value[ at percentile {percent}]",
        "I have response times of {observations} ms. Below which time do {percent} percent of them stay?",
        "(Find|Compute) the percentile {percent} cut-off of the data {observations}[{interpolate:, "
        "interpolating between neighbors|, picking an actual data point}].",
        "Looking at {observations}, what threshold leaves {percent} percent of the data beneath it?[ "
        "{interpolate:Interpolate, please.|Use a value from the data.}]",
        "Give me the quantile of {observations}[ at {percent} percent].",
    ),
    answer="The value at {percent} percent is {result}.",
)
def value_at_percentile(
    observations: Annotated[list[float], Between(2, 95), Size(5, 8)],
    percent: Percent,
    interpolate: bool = True,
) -> float:
    """Find the value below which a given percentage of the data lies.

    Args:
        observations: Data to look at.
        percent: Percentage of the data below the wanted value, 0 to 100.
        interpolate: Whether to interpolate between neighboring data instead of choosing the nearest.
    """
    if not observations or not 0 <= percent <= 100:
        raise ValueError("observations must not be empty and percent must lie between 0 and 100")
    ordered, position = sorted(observations), percent / 100 * (len(observations) - 1)
    if not interpolate:
        return ordered[round(position)]
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (position - low) * (ordered[high] - ordered[low]), 4)


@tool(
    asks=(
        "What's the average of the grades {values} if their weights are {weights}?",
        "weighted mean {values}[, weights {weights}]",
        "My course has several parts, in which I got {values} points.[ The parts have the weights "
        "{weights}.] What is my overall score?",
        "(Please combine|Combine) {values} into one figure, weighting them[ by {weights}][ and rounding to "
        "{decimals} decimals].",
        "Each rating has a weight. The ratings are {values}[ and the weights {weights}]. What do they "
        "average to[, to {decimals} decimal places]?",
        "With {weights} as their weights, what single number do {values} give?",
    ),
    answer="The weighted average is {result}.",
)
def weighted_mean(
    values: Annotated[list[float], Between(40, 100), Size(3, 3)],
    weights: Annotated[list[float], Pick(0.5, 1, 1.5, 2, 3, 4, 5, 10, 20, 30), Size(3, 3)],
    decimals: Annotated[int, Between(2, 5)] = 3,
) -> float:
    """Average values that count with different weights.

    Args:
        values: Values to average.
        weights: Weights of the values, in the same order and as many; only their ratio matters.
        decimals: Number of decimal places in the result.
    """
    if len(values) != len(weights) or sum(weights) <= 0:
        raise ValueError("every value needs a weight, and the weights must not add up to zero")
    return round(sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights), decimals)


@tool(
    asks=(
        "How strongly are {x} and {y} correlated, pair by pair?",
        "corr x: {x}[; y: {y}][; {method}]",
        "Here are study hours: {x}.[ And here are the exam points: {y}.] Do they go together? Give me the coefficient.",
        "Is there a relation between temperature and sales? Temperatures were {x}, sales were {y}[; use the "
        "{method} coefficient].",
        "(Compute|Calculate) the[ {method}] correlation of the series {x} with the series {y}.",
        "One variable took the values {x}[, the other {y}]. What is r[, in the {method} sense]?",
    ),
    answer="The correlation coefficient is {result}.",
)
def correlation_coefficient(
    x: Annotated[list[float], Between(2, 95), Size(5, 5)],
    y: Annotated[list[float], Between(2, 95), Size(5, 5)],
    method: Literal["pearson", "spearman"] = "pearson",
) -> float:
    """Measure how strongly two paired lists of numbers are related.

    Args:
        x: Values of the first variable.
        y: Values of the second variable, in the same order and as many.
        method: Whether the values themselves (pearson) or their ranks (spearman) are compared.
    """
    if len(x) != len(y) or len(x) < 2:
        raise ValueError("both lists need the same length, at least two")
    if len(set(x)) == 1 or len(set(y)) == 1:
        return 0.0
    return round(correlation(_ranks(x), _ranks(y)) if method == "spearman" else correlation(x, y), 4)


@tool(
    asks=(
        "Fit a straight line through x = {x_values}; y = {y_values}. What does it predict[ for x = {new_x}]?",
        "regress {y_values} on {x_values}, predict at {new_x}",
        "Ad spending was {x_values} and we got {y_values} orders. How many orders should we expect at a "
        "spending of {new_x}?",
        "With the inputs {x_values} and the outputs {y_values}, what output would least squares give[ for "
        "the input {new_x}][{through_origin:, forcing the line through zero|, with an intercept}]?",
        "If {x_values} led to {y_values}, (estimate|predict) what {new_x} leads to, assuming a linear "
        "relation[{through_origin: without an intercept| with an intercept}].",
        "My plants got {x_values} ml of water and grew {y_values} mm. What growth does a linear model give[ "
        "for {new_x} ml]?",
    ),
    answer="At {new_x} the line predicts {result}.",
)
def predict_from_line(
    x_values: Annotated[list[float], Between(2, 95), Size(4, 4)],
    y_values: Annotated[list[float], Between(2, 95), Size(4, 4)],
    new_x: Annotated[float, Between(5, 140)],
    through_origin: bool = False,
) -> float:
    """Predict a value from the least squares line through paired data.

    Args:
        x_values: Observed values of the predictor.
        y_values: Observed values of the response, in the same order and as many.
        new_x: Value of the predictor for which to predict.
        through_origin: Whether to force the line through the origin.
    """
    if len(x_values) != len(y_values) or len(x_values) < 2:
        raise ValueError("both lists need the same length, at least two")
    if len(set(x_values)) == 1:
        return round(fmean(y_values), 4)
    line = linear_regression(x_values, y_values, proportional=through_origin)
    return round(line.intercept + line.slope * new_x, 4)


@tool(
    asks=(
        "What's the probability of {comparison} {successes} successes in {trials} tries[ if each one works "
        "with probability {p}]?",
        "binomial n={trials} p={p}, {comparison}[ k={successes}]",
        "A basketball player makes a free throw with probability {p}. How likely is it that {trials} throws "
        "bring {comparison} {successes} hits?",
        "I plant {trials} seeds and each sprouts with a chance of {p}. What's the probability that "
        "{comparison} {successes} sprout?",
        "Each item is faulty with probability {p}[; we check {trials} of them]. (Give me|I need) the chance "
        "of finding {comparison} {successes} faulty ones.",
        "With {trials} independent attempts and success rate {p}, compute the odds for {comparison} "
        "{successes} successes, as a probability.",
    ),
    answer="The probability is {result}.",
)
def binomial_probability(
    trials: Annotated[int, Between(12, 60)],
    successes: Annotated[int, Between(2, 12)],
    p: Annotated[float, Pick(0.05, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9)],
    comparison: Literal["exactly", "at most", "at least"],
) -> float:
    """Compute the probability of a number of successes in independent trials.

    Args:
        trials: Number of trials.
        successes: Number of successes in question.
        p: Probability of success in one trial, 0 to 1.
        comparison: Whether exactly, at most or at least that many successes are meant.
    """
    if not (0 <= successes <= trials and 0 <= p <= 1):
        raise ValueError("successes must not exceed trials and p must lie between 0 and 1")
    mass = [math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(trials + 1)]
    parts = {"exactly": mass[successes : successes + 1], "at most": mass[: successes + 1]}
    return round(sum(parts.get(comparison, mass[successes:])), 6)


@tool(
    asks=(
        "If {average_rate} events happen per interval on average, how likely are {events} of them[ over "
        "{intervals} intervals]?",
        "poisson lambda={average_rate}[ k={events}][ periods={intervals}]",
        "Our hotline gets {average_rate} calls an hour. What is the chance of {events} calls[ within "
        "{intervals} hours]?",
        "On average {average_rate} meteors per hour are seen. (What's|What is) the probability of {events} "
        "sightings[ in {intervals} hours]?",
        "A bakery has {average_rate} cake orders per day. How probable is it that {events} orders are "
        "placed[ within {intervals} days][, {or_fewer:counting fewer too|that number on the dot}]?",
        "Typos occur at a rate of {average_rate} a page. Find the probability of {events} typos[{or_fewer: "
        "or fewer|, not more and not fewer}].",
    ),
    answer="The probability is {result}.",
)
def poisson_probability(
    average_rate: Annotated[float, Between(0.5, 12)],
    events: Annotated[int, Between(2, 15)],
    intervals: Annotated[float, Pick(1.5, 2, 2.5, 3, 4, 5)] = 1.0,
    or_fewer: bool = False,
) -> float:
    """Compute the probability that a rare event occurs a given number of times at a known average rate.

    Args:
        average_rate: Average number of events per interval.
        events: Number of events in question.
        intervals: Number of intervals observed.
        or_fewer: Whether fewer events count as well.
    """
    mean = average_rate * intervals
    if mean <= 0 or events < 0:
        raise ValueError("the rate must be positive and the number of events not negative")
    counts = range(0 if or_fewer else events, events + 1)
    return round(sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in counts), 6)


@tool(
    asks=(
        "A quantity is normally distributed with mean {mean} and standard deviation {sd}. What share lies "
        "between {lower} and {upper}?",
        "normal mu={mean}[ sigma={sd}], P from {lower} to {upper}",
        "Apples from our farm weigh {mean} g on average[ with a standard deviation of {sd} g]. What "
        "fraction is between {lower} and {upper} g?",
        "(Find|Compute) the probability that a bell-shaped variable with mean {mean}[ and spread {sd}] "
        "falls in the range from {lower} to {upper}.",
        "Assuming a Gaussian around {mean} with sigma {sd}, how likely is a value from {lower}[ up to {upper}]?",
        "Between {lower} and {upper}, how much of a normal curve with center {mean} and deviation {sd} is there?",
    ),
    answer="A value between {lower} and {upper} has probability {result}.",
)
def normal_probability_between(
    mean: Annotated[float, Between(90, 110)],
    sd: Annotated[float, Between(4, 25)],
    lower: Annotated[float, Between(50, 98)],
    upper: Annotated[float, Between(102, 150)],
) -> float:
    """Compute the probability that a normally distributed variable falls between two limits.

    Args:
        mean: Mean of the distribution.
        sd: Standard deviation of the distribution.
        lower: Lower limit.
        upper: Upper limit, not below the lower one.
    """
    if sd <= 0 or upper < lower:
        raise ValueError("sd must be positive and upper must not lie below lower")
    curve = NormalDist(mean, sd)
    return round(curve.cdf(upper) - curve.cdf(lower), 6)


@tool(
    asks=(
        "Does the mean of {sample} differ significantly[ from {hypothesized_mean}][ at the {alpha} level]?",
        "t test {sample}[ vs mu0={hypothesized_mean}][, alpha {alpha}][, {alternative}]",
        "The label says {hypothesized_mean} grams. I weighed {sample}. Is the label off, statistically "
        "speaking[, with alpha = {alpha}]?",
        "(Please test|Test) whether the true average behind {sample} is {hypothesized_mean}[; make the test "
        "{alternative}].",
        "Our supplier promises an average of {hypothesized_mean}. These came in: {sample}. Run a test of "
        "the mean[, {alternative}][, with a significance level of {alpha}].",
        "Given the observations {sample}, can I reject a mean of {hypothesized_mean}?",
    ),
    answer="With t = {t} and p = {p_value}, the difference is {verdict}.",
)
def one_sample_t_test(
    sample: Annotated[list[float], Between(40, 60), Size(4, 8)],
    hypothesized_mean: Annotated[float, Between(44, 56)],
    alpha: Annotated[float, Pick(0.01, 0.02, 0.05, 0.1)] = 0.05,
    alternative: Literal["two-sided", "upper-tailed", "lower-tailed"] = "two-sided",
) -> dict[str, float | str]:
    """Test whether the mean of a sample differs from a hypothesized mean.

    Args:
        sample: Observed values, at least two.
        hypothesized_mean: Mean under the null hypothesis.
        alpha: Significance level, between 0 and 1.
        alternative: Side on which a difference counts.
    """
    if len(sample) < 2:
        raise ValueError("at least two values are needed")
    error = stdev(sample) / math.sqrt(len(sample)) or 1e-9
    t = (fmean(sample) - hypothesized_mean) / error
    tail = _t_tail(abs(t), len(sample) - 1)
    p = 2 * tail if alternative == "two-sided" else tail if (t > 0) == (alternative == "upper-tailed") else 1 - tail
    verdict = "significant" if p < alpha else "not significant"
    return {"t": round(t, 4), "p_value": round(p, 4), "verdict": verdict}


@tool(
    asks=(
        "{successes} of {sample_size} people said yes. What's the[ {confidence} percent] confidence "
        "interval for the proportion?",
        "CI proportion {successes}/{sample_size}[ at {confidence}%]",
        "In a poll[ of {sample_size} voters], {successes} favored the proposal. How precisely do we know "
        "the true share[, with {confidence} percent confidence]?",
        "We found {successes} defects[ in {sample_size} parts]. Between which limits does the defect rate lie?",
        "(Compute|Give me) an interval estimate for a rate with {successes} hits[ out of {sample_size}], "
        "(please|thanks).",
        "Out of {sample_size} emails, {successes} were opened. Which range is plausible for the real open "
        "rate[ at a confidence of {confidence} percent]?",
    ),
    answer="The proportion lies between {low} and {high}.",
)
def proportion_confidence_interval(
    successes: Annotated[int, Between(8, 90)],
    sample_size: Annotated[int, Between(100, 1500)],
    confidence: Annotated[float, Pick(80, 90, 95, 98, 99)] = 95.0,
) -> dict[str, float]:
    """Estimate a proportion from a sample as a Wilson confidence interval.

    Args:
        successes: Number of cases that have the property.
        sample_size: Number of cases examined.
        confidence: Confidence level in percent.
    """
    if not 0 <= successes <= sample_size or sample_size < 1 or not 0 < confidence < 100:
        raise ValueError("successes must not exceed sample_size and confidence must be a percentage")
    z, rate = NormalDist().inv_cdf(0.5 + confidence / 200), successes / sample_size
    center, scale = rate + z**2 / (2 * sample_size), 1 + z**2 / sample_size
    half = z * math.sqrt(rate * (1 - rate) / sample_size + (z / (2 * sample_size)) ** 2)
    return {"low": round((center - half) / scale, 4), "high": round((center + half) / scale, 4)}


@tool(
    asks=(
        "How many people must I survey for a margin of error of {margin_of_error} percent[ at {confidence} "
        "percent confidence]?",
        "sample size, moe {margin_of_error}%[, conf {confidence}%][, expected share {expected_share}%]",
        "I'm planning a poll and it should be accurate to plus or minus {margin_of_error} points[; we "
        "expect about {expected_share} percent yes]. How many respondents do we need?",
        "(Work out|Determine) the number of interviews needed[ for a precision of {margin_of_error} "
        "percentage points][ in a town of {population} people].",
        "We want to question the members of our club. How many should answer[ so that the error stays "
        "within {margin_of_error} percent][, given {population} members in all]?",
        "With an error margin of {margin_of_error} percent, what size should the sample for my "
        "questionnaire have[ in a population of {population}]?",
    ),
    answer="You need {result} respondents.",
)
def required_sample_size(
    margin_of_error: Annotated[float, Between(1, 10)],
    confidence: Annotated[float, Pick(80, 90, 95, 98, 99)] = 95.0,
    expected_share: Annotated[float, Between(5, 90, 0)] = 50.0,
    population: Annotated[int | None, Between(500, 90000)] = None,
) -> int:
    """Determine how many respondents a survey needs for a wanted precision.

    Args:
        margin_of_error: Largest acceptable error, in percentage points.
        confidence: Confidence level in percent.
        expected_share: Expected share of the answer in question, in percent.
        population: Size of the whole population; treated as infinite if left out.
    """
    if not (0 < margin_of_error < 100 and 0 < confidence < 100 and 0 < expected_share < 100):
        raise ValueError("all percentages must lie between 0 and 100")
    z, share = NormalDist().inv_cdf(0.5 + confidence / 200), expected_share / 100
    size = z**2 * share * (1 - share) / (margin_of_error / 100) ** 2
    return math.ceil(size / (1 + (size - 1) / population) if population else size)


@tool(
    asks=(
        "Smooth the series {series}[ with a window of {window}].",
        "moving average, {series}[, window={window}]",
        "Our weekly figures {series} jump around too much. (Can you|Could you) give me running means[ over "
        "{window} weeks]?",
        "For {series}, what are the rolling averages[ of {window} neighbors][, {centered:centered|trailing}]?",
        "(Compute|Calculate) a[ {window}-point] sliding mean[ of {series}].",
        "I logged these step counts, in hundreds: {series}. Show the trend by averaging[ every {window} "
        "days in a row][ and {centered:centering the result|counting only past days}].",
    ),
    answer="The smoothed series is {result}.",
)
def moving_average(
    series: Annotated[list[float], Between(20, 95), Size(5, 8)],
    window: Annotated[int, Between(2, 4)] = 3,
    centered: bool = False,
) -> list[float]:
    """Smooth a series by averaging over a sliding window.

    Args:
        series: Values in the order of time.
        window: Number of consecutive values to average.
        centered: Whether to give one value per input, with the window centered and cut off at the ends.
    """
    if not 1 <= window <= len(series):
        raise ValueError("window must be between 1 and the length of the series")
    starts = range(len(series)) if centered else range(len(series) - window + 1)
    shift = window // 2 if centered else 0
    return [round(fmean(series[max(0, i - shift) : i - shift + window]), 3) for i in starts]


@tool(
    asks=(
        "Starting on {first_day} I measured {daily_values}, one value a day. What does the trend say[ "
        "{days_ahead} days after the last one]?",
        "daily values {daily_values} from {first_day}[, extrapolate {days_ahead} days]",
        "Our visitor numbers, day by day[ since {first_day}], were {daily_values}. (Project|Extend) the "
        "line by {days_ahead} days.",
        "If the daily series {daily_values}, which begins on {first_day}, goes on linearly, where will it "
        "stand[ {days_ahead} days after its end]?",
        "What level should I expect {days_ahead} days from the last reading, when the daily readings[ from "
        "{first_day} on] were {daily_values}?[ {never_negative:It can't drop below zero.|Negative numbers "
        "are fine.}]",
        "I have {daily_values} as daily readings, the first taken on {first_day}. Look {days_ahead} days "
        "ahead[{never_negative:, not below zero|, negative results allowed}].",
    ),
    answer="For {day} the trend gives {estimate}.",
)
def forecast_daily_series(
    daily_values: Annotated[list[float], Between(20, 95), Size(4, 7)],
    first_day: Date,
    days_ahead: Annotated[int, Between(2, 30)],
    never_negative: bool = False,
) -> dict[str, float | str]:
    """Extend the linear trend of a daily series some days beyond its end.

    Args:
        daily_values: One value per day, without gaps.
        first_day: Day of the first value, as YYYY-MM-DD.
        days_ahead: Number of days after the last value for which to estimate.
        never_negative: Whether to raise negative estimates to zero.
    """
    if len(daily_values) < 2:
        raise ValueError("at least two values are needed")
    line, last = linear_regression(range(len(daily_values)), daily_values), len(daily_values) - 1 + days_ahead
    estimate = round(line.intercept + line.slope * last, 3)
    day = date.fromisoformat(first_day) + timedelta(days=last)
    return {"day": day.isoformat(), "estimate": max(estimate, 0.0) if never_negative else estimate}


@tool(
    asks=(
        "How often does each answer occur in {answers}?",
        "tally {answers}[, {as_share:percent|counts}]",
        "We asked people for their favorite and got {answers}. Make a table of the answers[{as_share: in "
        "percent| with plain counts}].",
        "Count up the replies[ {answers}] (for me|for us).",
        "{answers}: these came back from the survey. Which answers came up how often[, leaving out those "
        "named fewer than {min_count} times]?",
        "(Please summarize|Summarize) the responses {answers} by frequency[, but only answers with at least "
        "{min_count} mentions].",
    ),
    answer="The most frequent answer is {top}, out of {total} answers.",
)
def frequency_table(
    answers: Annotated[
        list[str],
        Pick(
            "pizza",
            "sushi",
            "tacos",
            "pasta",
            "salad",
            "curry",
            "ramen",
            "burgers",
            "falafel",
            "soup",
            "lasagna",
            "paella",
            "sandwiches",
            "pancakes",
            "dumplings",
            "risotto",
        ),
        Size(5, 9),
    ],
    as_share: bool = False,
    min_count: Annotated[int, Between(2, 3)] = 1,
) -> dict[str, str | int | dict[str, float]]:
    """Count how often each answer occurs in a list of answers.

    Args:
        answers: Answers as given, in any order.
        as_share: Whether to give percentages instead of counts.
        min_count: Fewest occurrences an answer needs to be listed.
    """
    if not answers:
        raise ValueError("answers must not be empty")
    counts, total = Counter(answers), len(answers)
    table = {a: round(100 * n / total, 1) if as_share else n for a, n in counts.items() if n >= min_count}
    return {"top": counts.most_common(1)[0][0], "total": total, "table": table}
