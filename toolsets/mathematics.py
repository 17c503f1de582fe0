"""Mathematics: algebra, number theory, arithmetic, sequences and counting."""

import math
from typing import Annotated, Literal, TypedDict

from sftctl.core.tools import Between, Pick, Size, tool

Coefficient = Annotated[int, Between(-20, 20)]


class Fraction(TypedDict):
    numerator: Annotated[int, Between(1, 20)]
    denominator: Annotated[int, Between(2, 24)]


class LinearEquation(TypedDict):
    x: Annotated[int, Between(2, 12)]
    y: Annotated[int, Between(2, 12)]
    constant: Annotated[int, Between(2, 90)]


def _factors(number: int) -> list[int]:
    found, divisor = [], 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return found + [number] * (number > 1)


def _digits(number: int, base: int) -> str:
    sign, number, text = "-" * (number < 0), abs(number), ""
    while number:
        number, digit = divmod(number, base)
        text = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit] + text
    return sign + (text or "0")


@tool(
    asks=(
        "(Find|Give me|I need) the roots of {a}x^2 + {b}x + {c} = 0[{allow_complex:, complex ones too|, the "
        "real ones}].",
        "Solve the quadratic with a = {a}[, b = {b}][, c = {c}].",
        "(Can you|Could you) solve a quadratic for me? [The leading coefficient is {a}. ][The linear one is "
        "{b}. ][The constant term is {c}.]",
        "quadratic formula, a={a} b={b}[ c={c}]",
        "My homework asks where the parabola {a}x^2 + {b}x + {c} crosses the x axis. Where does it?",
        "I need (the solutions|all solutions|both roots) of the second degree equation with coefficients "
        "{a}, {b} and {c}[; {allow_complex:complex roots are fine|real roots only}].",
        "{a}x² + {b}x + {c} = 0, (what is x|solve for x)?",
    ),
    answer="The discriminant is {discriminant}: {solution}.",
)
def solve_quadratic_equation(
    a: Annotated[int, Between(1, 12)],
    b: Coefficient,
    c: Coefficient,
    allow_complex: bool = False,
) -> dict[str, float | str]:
    """Solve the quadratic equation ax² + bx + c = 0 for x.

    Args:
        a: Coefficient of x², not zero.
        b: Coefficient of x.
        c: Constant term.
        allow_complex: Whether to give complex roots when there are no real ones.
    """
    if a == 0:
        raise ValueError("a must not be zero")
    discriminant = b * b - 4 * a * c
    middle, spread = round(-b / (2 * a), 4), round(math.sqrt(abs(discriminant)) / (2 * a), 4)
    if discriminant < 0:
        solution = f"x = {middle} ± {abs(spread)}i" if allow_complex else "there are no real roots"
    elif discriminant == 0:
        solution = f"x = {middle} is a double root"
    else:
        solution = f"x = {round(middle - spread, 4)} and x = {round(middle + spread, 4)}"
    return {"discriminant": discriminant, "solution": solution}


@tool(
    asks=(
        "(What is|What's) the value of the polynomial with coefficients {coefficients} at x = {x}?",
        "Plug[ x = {x}] into the polynomial whose coefficients are {coefficients}.",
        "polynomial coefficients {coefficients}, evaluate[ at {x}]",
        "I have a polynomial with the coefficients {coefficients}[, listed {order}]. What does it give[ for x = {x}]?",
        "Take x = {x} and put it into the polynomial given by {coefficients}[, {order}]. What comes out?",
        "(Please evaluate|Evaluate) p at {x}, where p has coefficients {coefficients}[ ordered {order}].",
    ),
    answer="At x = {x} the polynomial equals {result}.",
)
def evaluate_polynomial(
    coefficients: Annotated[list[int], Between(-9, 9), Size(3, 5)],
    x: Annotated[float, Between(-5, 5)],
    order: Literal["highest power first", "constant first"] = "highest power first",
) -> float:
    """Evaluate a polynomial at a given point.

    Args:
        coefficients: Coefficients of the polynomial, one per power of x.
        x: Point at which to evaluate.
        order: How the coefficients are ordered.
    """
    if not coefficients:
        raise ValueError("at least one coefficient is needed")
    value = 0.0
    for coefficient in coefficients if order == "highest power first" else reversed(coefficients):
        value = value * x + coefficient
    return round(value, 4)


@tool(
    asks=(
        "What is the (greatest common divisor|gcd|GCD|highest common factor) of {numbers}?",
        "gcd {numbers}",
        "Find the largest number that divides {numbers} (evenly|without remainder).",
        "I have ribbons of {numbers} cm and want to cut them all into equal pieces, as long as possible, "
        "with nothing left over. How long is each piece?",
        "For {numbers}, (what's|what is) the biggest factor they all share(, please|)?",
        "(Please compute|Compute|Determine) the greatest common divisor[ of {numbers}].",
    ),
    answer="The greatest common divisor is {result}.",
)
def greatest_common_divisor(numbers: Annotated[list[int], Between(12, 480), Size(2, 4)]) -> int:
    """Find the largest integer that divides all given integers.

    Args:
        numbers: Positive integers, at least two.
    """
    if len(numbers) < 2:
        raise ValueError("at least two numbers are needed")
    return math.gcd(*numbers)


@tool(
    asks=(
        "What is the (least common multiple|lcm|LCM|lowest common multiple) of {integers}?",
        "lcm of {integers}",
        "Find the smallest number that {integers} all divide.",
        "Buses leave together now and then every {integers} minutes. After how many minutes do they next "
        "leave together?",
        "(Could you|Can you) get me the lowest common multiple[ of {integers}]?",
        "I'm adding fractions with the denominators {integers}. What common denominator should I use?",
        "{integers}: smallest shared multiple, please",
    ),
    answer="The least common multiple is {result}.",
)
def lcm_of_list(integers: Annotated[list[int], Between(2, 40), Size(2, 4)]) -> int:
    """Compute the smallest positive integer that is a multiple of all given integers.

    Args:
        integers: Positive integers, at least two.
    """
    if len(integers) < 2 or min(integers) < 1:
        raise ValueError("at least two positive integers are needed")
    return math.lcm(*integers)


@tool(
    asks=(
        "(I want|I need) the prime factors of {number}.",
        "Break {number} down into primes[{distinct_only:, each prime just once|, with repeats}].",
        "prime factorization[ of {number}]",
        "Factor {number} into primes, (please|will you)?",
        "Which primes (divide|go into) {number}[{distinct_only:? Each one once|, counted with multiplicity}]?",
        "(I'd like|I need) the decomposition of {number} into prime numbers.",
        "Is there a quick way to split {number} into its prime factors?",
    ),
    answer="The prime factors of {number} are {result}.",
)
def prime_factors(number: Annotated[int, Between(12, 9999)], distinct_only: bool = False) -> list[int]:
    """Decompose a positive integer into its prime factors, in ascending order.

    Args:
        number: Integer to factor, at least 2.
        distinct_only: Whether to list every prime once instead of as often as it divides.
    """
    if number < 2:
        raise ValueError("number must be at least 2")
    found = _factors(number)
    return sorted(set(found)) if distinct_only else found


@tool(
    asks=(
        "(List|Show|Give me) all primes (between|from) {start} (and|to) {end}.",
        "Which prime numbers lie above {start}[ and below {end}]? Count the limits in.",
        "primes {start} to {end}[, max {limit}]",
        "I'm (writing|making) a quiz and need the prime numbers starting at {start}[ and going up to "
        "{end}][, but no more than {limit} of them].",
        "Starting from {start}, what primes are there[ up to {end}]?",
        "Between {start} and {end}, what are the[ first {limit}] prime numbers?",
    ),
    answer="The primes from {start} to {end} are {result}.",
)
def list_primes_in_range(
    start: Annotated[int, Between(2, 90)],
    end: Annotated[int, Between(100, 180)],
    limit: Annotated[int | None, Between(3, 20)] = None,
) -> list[int]:
    """List the prime numbers within a range, in ascending order.

    Args:
        start: Lower end of the range, included.
        end: Upper end of the range, included.
        limit: Greatest number of primes to list; all of them if left out.
    """
    if end < start or end > 100_000:
        raise ValueError("end must be at least start and at most 100000")
    primes = [n for n in range(max(start, 2), end + 1) if all(n % d for d in range(2, math.isqrt(n) + 1))]
    return primes[:limit]


@tool(
    asks=(
        "(What is|What's) term number {n} of the arithmetic sequence that starts at {first_term}[ with "
        "common difference {common_difference}]?",
        "An arithmetic progression begins with {first_term}[ and grows by {common_difference} each step]. "
        "What is term {n}?",
        "arithmetic sequence: first {first_term}, difference {common_difference}[, n={n}]",
        "I save {first_term} euros in week one and add {common_difference} more every following week. How "
        "many euros do I put aside in week {n}?",
        "If a sequence starts[ at {first_term}] and goes up by {common_difference} every time, what number "
        "is in position {n}?",
        "Position {n} in the sequence with start {first_term} and step {common_difference}, please.",
    ),
    answer="Term {n} of the sequence is {result}.",
)
def arithmetic_sequence_term(
    first_term: Annotated[float, Between(1, 60)],
    common_difference: Annotated[float, Between(0.5, 25)],
    n: Annotated[int, Between(5, 100)],
) -> float:
    """Calculate the n-th term of an arithmetic sequence.

    Args:
        first_term: First term of the sequence.
        common_difference: Difference between consecutive terms.
        n: Position of the wanted term, counted from 1.
    """
    if n < 1:
        raise ValueError("n must be at least 1")
    return round(first_term + (n - 1) * common_difference, 4)


@tool(
    asks=(
        "What is the sum of the first {terms} terms of a geometric series[ with first term {first_term}][ "
        "with ratio {ratio}]?",
        "Add up {terms} terms of the geometric progression that starts at {first_term}[ with ratio {ratio}].",
        "geometric sum first={first_term} ratio={ratio}[ terms={terms}]",
        "A geometric series begins with {first_term}, and each term is {ratio} times the one before. (I "
        "want|Give me) the total[ of the first {terms}][, to {decimals} decimals].",
        "Something starts[ at {first_term}] and is multiplied by {ratio} each round. What is the total "
        "after {terms} rounds?",
        "(Calculate|Compute) the partial sum of {terms} terms, start value {first_term}, common ratio "
        "{ratio}[, rounded to {decimals} decimal places].",
    ),
    answer="The first {terms} terms sum to {result}.",
)
def geometric_series_sum(
    first_term: Annotated[float, Between(1, 50)],
    ratio: Annotated[float, Between(0.1, 3, 2)],
    terms: Annotated[int, Between(3, 15)],
    decimals: Annotated[int, Between(2, 6)] = 4,
) -> float:
    """Sum the first terms of a geometric series.

    Args:
        first_term: First term of the series.
        ratio: Factor between consecutive terms.
        terms: Number of terms to add.
        decimals: Number of decimal places in the result.
    """
    if terms < 1:
        raise ValueError("terms must be at least 1")
    return round(sum(first_term * ratio**k for k in range(terms)), decimals)


@tool(
    asks=(
        "Convert {digits}[ from base {from_base}][ to base {to_base}].",
        "(What is|What's) the base {from_base} number {digits}[ in base {to_base}]?",
        "{digits} base {from_base} (to|into) (another base|our usual numbers|a different one)[, base {to_base}]",
        "I came across {digits} in an old listing, written in base {from_base}. (What number is that|How "
        "would you write it)[ in base {to_base}]?",
        "Rewrite {digits}, which is in base {from_base},[ in base {to_base},] (please|for me).",
        "My number system homework has {digits} with radix {from_base}[; I should express it with radix {to_base}].",
    ),
    answer="{digits} in base {from_base} is {result}.",
)
def convert_base(
    digits: Annotated[
        str,
        Pick(
            "1011",
            "1101",
            "10010",
            "11100",
            "100111",
            "101010",
            "110011",
            "1000001",
            "1011011",
            "1110001",
            "11010110",
            "10101011",
            "11110000",
            "100000010",
            "110110001",
        ),
    ],
    from_base: Annotated[int, Pick(2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 20, 36)],
    to_base: Annotated[int, Pick(2, 3, 5, 7, 8, 9, 12, 16, 20, 32, 36)] = 10,
) -> str:
    """Rewrite an integer from one positional number system in another.

    Args:
        digits: Digits of the number, e.g. "1011" or "7F".
        from_base: Base in which the digits are written, 2 to 36.
        to_base: Base of the result, 2 to 36.
    """
    if not 2 <= to_base <= 36:
        raise ValueError("bases go from 2 to 36")
    return _digits(int(digits, from_base), to_base)


@tool(
    asks=(
        "What is {base} to the power {exponent} modulo {modulus}?",
        "(Compute|Calculate) {base}^{exponent} mod {modulus}(.|, please.)",
        "What remainder does {base} raised to {exponent} leave[ when divided by {modulus}]?",
        "{base} ** {exponent} % {modulus}",
        "For a toy RSA example I need {base}^{exponent}, reduced modulo {modulus}.",
        "Take {base}, raise it to the exponent {exponent}, and give me the remainder on division by {modulus}.",
    ),
    answer="{base} to the power {exponent} leaves {result} modulo {modulus}.",
)
def mod_pow(
    base: Annotated[int, Between(2, 99)],
    exponent: Annotated[int, Between(3, 500)],
    modulus: Annotated[int, Between(5, 1009)],
) -> int:
    """Compute a power reduced by a modulus.

    Args:
        base: Number that is raised.
        exponent: Power to which it is raised, not negative.
        modulus: Positive number by which the power is divided.
    """
    if exponent < 0 or modulus < 1:
        raise ValueError("exponent must not be negative and modulus must be positive")
    return pow(base, exponent, modulus)


@tool(
    asks=(
        "Round my result[, {value},][ to {figures} significant figures].",
        "(How do I|How would I) write {value} with the right number of significant digits[, namely {figures}]?",
        "round {value}[ to {figures} sig figs], significant digits only[, {direction}]",
        "My lab report may only keep the significant figures of {value}[; that is {figures} of them][, "
        "rounded {direction}].",
        "(Please shorten|Shorten) the reading {value}[ to {figures} significant digits][, rounding {direction}].",
        "Express {value} with fewer significant figures[, {figures} in total].",
    ),
    answer="{value} becomes {result}.",
)
def round_to_significant_figures(
    value: Annotated[float, Between(0.001, 5000, 4)],
    figures: Annotated[int, Between(2, 6)] = 3,
    direction: Literal["half up", "up", "down"] = "half up",
) -> float:
    """Round a number to a given count of significant figures.

    Args:
        value: Number to round.
        figures: Count of significant figures to keep.
        direction: Which way to round: half up (to the nearest value), always up, or always down.
    """
    if figures < 1:
        raise ValueError("figures must be at least 1")
    if value == 0:
        return 0.0
    places = figures - 1 - math.floor(math.log10(abs(value)))
    scaled = value * 10.0**places
    shift = {"half up": 0.5, "up": 1 - 1e-9, "down": 0.0}[direction]
    whole = math.floor(scaled + shift)
    return round(whole / 10.0**places, max(places, 0))


@tool(
    asks=(
        "(Please |){operation} the fractions {left.numerator}/{left.denominator} and "
        "{right.numerator}/{right.denominator}.",
        "I have {left.numerator}/{left.denominator} and {right.numerator}/{right.denominator}. (Can "
        "you|Could you) {operation} them?",
        "{left.numerator}/{left.denominator} and {right.numerator}/{right.denominator}, "
        "{operation}[{mixed:, as a mixed number|, as a plain fraction}]",
        "My daughter has to {operation} two fractions, {left.numerator}/{left.denominator}[ and "
        "{right.numerator}/{right.denominator}]. What's the result?",
        "Take the fraction {left.numerator}/{left.denominator}, then {right.numerator}/{right.denominator}, "
        "and {operation} them in that order[{mixed:; I want a mixed number|; keep it improper}].",
        "If I {operation} {left.numerator}/{left.denominator} and {right.numerator}/{right.denominator}, "
        "what do I get in lowest terms?",
    ),
    answer="The result is {result}.",
)
def fraction_arithmetic(
    left: Fraction,
    right: Fraction,
    operation: Literal["add", "subtract", "multiply", "divide"],
    mixed: bool = False,
) -> str:
    """Carry out one arithmetic operation on two fractions and reduce the result.

    Args:
        left: First fraction.
        right: Second fraction; it is the one subtracted or divided by.
        operation: What to do with the two fractions.
        mixed: Whether to write the result as a mixed number, e.g. "1 3/4".
    """
    a, b, c, d = left["numerator"], left["denominator"], right["numerator"], right["denominator"]
    if 0 in (b, d) or (operation == "divide" and c == 0):
        raise ValueError("division by zero")
    over = {"add": a * d + c * b, "subtract": a * d - c * b, "multiply": a * c, "divide": a * d}[operation]
    under = b * c if operation == "divide" else b * d
    shared = math.gcd(over, under) * (1 if under > 0 else -1)
    over, under = over // shared, under // shared
    if under == 1:
        return str(over)
    whole, rest = divmod(abs(over), under)
    return f"{'-' * (over < 0)}{whole} {rest}/{under}" if mixed and whole else f"{over}/{under}"


@tool(
    asks=(
        "Solve {first.x}x + {first.y}y = {first.constant} and {second.x}x + {second.y}y = {second.constant}.",
        "(What are|What would be) x and y if {first.x}x + {first.y}y = {first.constant}[ and {second.x}x + "
        "{second.y}y = {second.constant}]?",
        "{first.x}x+{first.y}y={first.constant}[; {second.x}x+{second.y}y={second.constant}]; x, y?",
        "{first.x} coffees and {first.y} teas cost {first.constant} dollars, while {second.x} coffees and "
        "{second.y} teas cost {second.constant}. What does each drink cost?",
        "At which point do the lines {first.x}x + {first.y}y = {first.constant} and {second.x}x + "
        "{second.y}y = {second.constant} meet?",
        "I've got two unknowns. The first equation is {first.x}x + {first.y}y = {first.constant}.[ The "
        "second is {second.x}x + {second.y}y = {second.constant}.] (Please solve|Solve it).",
    ),
    answer="For this system, {solution}.",
)
def solve_2x2_system(first: LinearEquation, second: LinearEquation) -> dict[str, float | str]:
    """Solve a system of two linear equations in x and y.

    Args:
        first: First equation, as the factors of x and y and the constant on the right side.
        second: Second equation, in the same form.
    """
    determinant = first["x"] * second["y"] - second["x"] * first["y"]
    if determinant == 0:
        return {"determinant": 0, "solution": "there is no unique solution"}
    x = (first["constant"] * second["y"] - second["constant"] * first["y"]) / determinant
    y = (first["x"] * second["constant"] - second["x"] * first["constant"]) / determinant
    return {"determinant": determinant, "solution": f"x = {round(x, 4)} and y = {round(y, 4)}"}


@tool(
    asks=(
        "(What's|What is) the percent change from {old_value}[ to {new_value}]?",
        "By what percentage did it (change|go) from {old_value} to {new_value}?",
        "Our water bill was {old_value} last year[ and is {new_value} now]. How many percent is that?",
        "{old_value} to {new_value}, change in %",
        "Before the renovation we used {old_value} kWh, afterwards {new_value}. Give me the relative change "
        "in percent[, with {decimals} decimals].",
        "Relative to {old_value}, how much higher or lower is {new_value}, in percent[ to {decimals} decimal places]?",
    ),
    answer="That is a change of {result} percent.",
)
def percentage_change(
    old_value: Annotated[float, Between(20, 2000)],
    new_value: Annotated[float, Between(20, 2000)],
    decimals: Annotated[int, Between(2, 4)] = 2,
) -> float:
    """Express the difference between an old and a new value in percent of the old one.

    Args:
        old_value: Value at the start, not zero.
        new_value: Value at the end.
        decimals: Number of decimal places in the result.
    """
    if old_value == 0:
        raise ValueError("old_value must not be zero")
    return round((new_value - old_value) / abs(old_value) * 100, decimals)


@tool(
    asks=(
        "How many ways are there to choose {k} out of {n} when the order doesn't matter[{with_repetition: "
        "and repeats are allowed| and nothing repeats}]?",
        "n choose k with n={n}[, k={k}]",
        "From a class of {n} pupils, how many different groups[ of {k}] can be formed?",
        "(Compute|Calculate) the number of subsets with {k} elements[ of a set with {n}].",
        "We have {n} toppings and each pizza gets {k}. How many different pizzas are "
        "possible[{with_repetition: if a topping may be taken twice| with no topping taken twice}]?",
        "How many committees of {k} people can be picked from {n} candidates?",
    ),
    answer="There are {result} ways to choose {k} out of {n}.",
)
def count_combinations(
    n: Annotated[int, Between(8, 52)],
    k: Annotated[int, Between(2, 8)],
    with_repetition: bool = False,
) -> int:
    """Count the selections of k out of n items in which order does not matter.

    Args:
        n: Number of items to choose from.
        k: Number of items chosen.
        with_repetition: Whether an item can be chosen more than once.
    """
    if k < 0 or n < 1:
        raise ValueError("n must be positive and k not negative")
    return math.comb(n + k - 1, k) if with_repetition else math.comb(n, k)


@tool(
    asks=(
        "In how many orders can {chosen} of {total} things be arranged?",
        "How many ordered arrangements of {chosen} items are there if I pick from {total}[{repeats_allowed: "
        "and may use an item again| and use each at most once}]?",
        "{total} runners race for {chosen} ranked places. How many different podiums are possible?",
        "permutations of {chosen} from {total}[{repeats_allowed:, repeats ok|, no repeats}]",
        "A code has {chosen} positions[ and {total} possible symbols]. How many sequences are there[ "
        "{repeats_allowed:when symbols can repeat|when no symbol repeats}]?",
        "I want to seat {chosen} guests on numbered chairs, chosen from {total} people. Count the seatings.",
    ),
    answer="There are {result} ordered arrangements.",
)
def permutations_count(
    total: Annotated[int, Between(8, 26)],
    chosen: Annotated[int, Between(2, 8)],
    repeats_allowed: bool = False,
) -> int:
    """Count the ordered arrangements of some items taken from a larger set.

    Args:
        total: Number of different items available.
        chosen: Number of positions to fill.
        repeats_allowed: Whether an item can fill more than one position.
    """
    if total < 1 or chosen < 0:
        raise ValueError("total must be positive and chosen not negative")
    return int(total**chosen) if repeats_allowed else math.perm(total, chosen)
