"""Chemistry: elements, molar mass, amounts, pH, gas laws, dilution and decay."""

import math
import re
from datetime import date
from typing import Annotated, Literal, TypedDict

from sftctl.core.tools import Between, Date, Fake, Pick, Size, Time, tool

# symbol: name, atomic number, atomic mass, Pauling electronegativity (0 where there is none)
_ELEMENTS: dict[str, tuple[str, int, float, float]] = {
    "H": ("hydrogen", 1, 1.008, 2.2),
    "He": ("helium", 2, 4.0026, 0.0),
    "Li": ("lithium", 3, 6.94, 0.98),
    "Be": ("beryllium", 4, 9.0122, 1.57),
    "B": ("boron", 5, 10.81, 2.04),
    "C": ("carbon", 6, 12.011, 2.55),
    "N": ("nitrogen", 7, 14.007, 3.04),
    "O": ("oxygen", 8, 15.999, 3.44),
    "F": ("fluorine", 9, 18.998, 3.98),
    "Ne": ("neon", 10, 20.18, 0.0),
    "Na": ("sodium", 11, 22.99, 0.93),
    "Mg": ("magnesium", 12, 24.305, 1.31),
    "Al": ("aluminum", 13, 26.982, 1.61),
    "Si": ("silicon", 14, 28.085, 1.9),
    "P": ("phosphorus", 15, 30.974, 2.19),
    "S": ("sulfur", 16, 32.06, 2.58),
    "Cl": ("chlorine", 17, 35.45, 3.16),
    "Ar": ("argon", 18, 39.95, 0.0),
    "K": ("potassium", 19, 39.098, 0.82),
    "Ca": ("calcium", 20, 40.078, 1.0),
    "Ti": ("titanium", 22, 47.867, 1.54),
    "Cr": ("chromium", 24, 51.996, 1.66),
    "Mn": ("manganese", 25, 54.938, 1.55),
    "Fe": ("iron", 26, 55.845, 1.83),
    "Co": ("cobalt", 27, 58.933, 1.88),
    "Ni": ("nickel", 28, 58.693, 1.91),
    "Cu": ("copper", 29, 63.546, 1.9),
    "Zn": ("zinc", 30, 65.38, 1.65),
    "As": ("arsenic", 33, 74.922, 2.18),
    "Br": ("bromine", 35, 79.904, 2.96),
    "Kr": ("krypton", 36, 83.798, 3.0),
    "Ag": ("silver", 47, 107.87, 1.93),
    "Sn": ("tin", 50, 118.71, 1.96),
    "I": ("iodine", 53, 126.9, 2.66),
    "Xe": ("xenon", 54, 131.29, 2.6),
    "Ba": ("barium", 56, 137.33, 0.89),
    "W": ("tungsten", 74, 183.84, 2.36),
    "Pt": ("platinum", 78, 195.08, 2.28),
    "Au": ("gold", 79, 196.97, 2.54),
    "Hg": ("mercury", 80, 200.59, 2.0),
    "Pb": ("lead", 82, 207.2, 2.33),
    "U": ("uranium", 92, 238.03, 1.38),
}
_HALF_LIFE_DAYS = {"Co-60": 1925.3, "Cs-137": 11_018.0, "Sr-90": 10_519.0, "Na-22": 950.6, "Ba-133": 3849.0}
_HALF_LIFE_DAYS |= {
    "Am-241": 158_000.0,
    "H-3": 4500.0,
    "Eu-152": 4941.0,
    "Pb-210": 8109.0,
    "Ra-226": 584_000.0,
}
_SYMBOLS = set(
    re.findall(
        r"[A-Z][a-z]?",
        "HHeLiBeBCNOFNeNaMgAlSiPSClArKCaScTiVCrMnFeCoNiCuZnGaGeAsSeBrKrRbSrYZrNbMoTcRuRhPdAgCdInSnSbTeIXeCsBa"
        "LaCePrNdPmSmEuGdTbDyHoErTmYbLuHfTaWReOsIrPtAuHgTlPbBiPoAtRnFrRaAcThPaUNpPuAmCmBkCfEsFmMdNoLrRfDbSgBh"
        "HsMtDsRgCnNhFlMcLvTsOg",
    )
)
_LITER = {"mL": 0.001, "cL": 0.01, "L": 1.0}
_PASCAL = {"kPa": 1e3, "bar": 1e5, "atm": 101_325.0, "mmHg": 133.322}

Formula = Annotated[
    str,
    Pick(
        "H2O",
        "CO2",
        "NaCl",
        "NaOH",
        "HCl",
        "H2SO4",
        "HNO3",
        "NH3",
        "CaCO3",
        "Ca(OH)2",
        "KMnO4",
        "NaHCO3",
        "CuSO4",
        "AgNO3",
        "Fe2O3",
        "MgCl2",
        "KBr",
        "C6H12O6",
        "C2H5OH",
        "CH3COOH",
        "Al2(SO4)3",
        "ZnCl2",
        "NH4NO3",
        "C12H22O11",
    ),
]
Concentration = Annotated[
    float,
    Pick(0.02, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.8, 1, 1.25, 1.5),
]


class Volume(TypedDict):
    amount: Annotated[float, Between(50, 900)]
    unit: Literal["mL", "cL", "L"]


class Component(TypedDict):
    substance: Annotated[
        str,
        Pick(
            "water",
            "ethanol",
            "methanol",
            "acetone",
            "toluene",
            "benzene",
            "hexane",
            "glycerol",
            "nitrogen",
            "oxygen",
            "argon",
            "helium",
            "methane",
            "propane",
            "butane",
        ),
    ]
    moles: Annotated[float, Between(0.2, 9)]


def _atoms(formula: str) -> dict[str, int]:
    """How many atoms of each element a formula such as "Ca(OH)2" has."""
    stack: list[dict[str, int]] = [{}]
    for symbol, count, opening, closing, times in re.findall(r"([A-Z][a-z]?)(\d*)|(\()|(\))(\d*)", formula):
        if opening:
            stack.append({})
            continue
        if (closing and len(stack) == 1) or (symbol and symbol not in _ELEMENTS):
            raise ValueError(f"{formula} is no known formula")
        inner, factor = (stack.pop(), int(times or 1)) if closing else ({symbol: 1}, int(count or 1))
        for name, number in inner.items():
            stack[-1][name] = stack[-1].get(name, 0) + number * factor
    if len(stack) != 1 or not stack[0]:
        raise ValueError(f"{formula} is no known formula")
    return stack[0]


def _mass(formula: str) -> float:
    return sum(_ELEMENTS[symbol][2] * count for symbol, count in _atoms(formula).items())


def _positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if number <= 0:
            raise ValueError(f"{name} must be positive")


@tool(
    asks=(
        "What is the (molar mass|molecular weight) of {formula}?",
        "molar mass[ {formula}] in (grams per mole|g/mol)",
        "How many grams does one mole of {formula} weigh[, to {decimals} decimals]?",
        "(Please work out|Work out|Calculate) the molecular weight[ of {formula}].",
        "For my weighing list: what does {formula} have as its molar mass?",
        "{formula}: molar mass please[, {decimals} decimal places]",
    ),
    answer="The molar mass of {formula} is {result} g/mol.",
)
def molar_mass(formula: Formula, decimals: Annotated[int, Between(2, 4)] = 3) -> float:
    """Compute the molar mass of a compound in g/mol.

    Args:
        formula: Chemical formula, e.g. "Ca(OH)2".
        decimals: Number of decimal places in the result.
    """
    return round(_mass(formula), decimals)


@tool(
    asks=(
        "What percentage of {compound} by mass is {element}?",
        "mass % {element} in {compound}",
        "How much {element} is there in {compound}, (as a|in) percent by weight?",
        "In {compound}, which share of the weight comes from {element}?",
        "(Determine|Compute) the mass fraction[ of {element}] in {compound}.",
        "I have to give the {element} content of {compound} for an exam. What is it in percent?",
    ),
    answer="{compound} contains {result} percent {element} by mass.",
)
def mass_percent_of_element(
    compound: Annotated[
        str,
        Pick(
            "CH3OH",
            "C2H5OH",
            "CH3COOH",
            "C6H12O6",
            "C12H22O11",
            "C3H8O3",
            "C6H8O7",
            "C9H8O4",
            "C8H10N4O2",
            "C3H6O",
            "C7H6O2",
            "C6H8O6",
            "C10H16O",
            "C4H10O",
            "C8H9NO2",
            "CO(NH2)2",
        ),
    ],
    element: Literal["carbon", "hydrogen", "oxygen"],
) -> float:
    """Compute the percentage by mass of an element in an organic compound.

    Args:
        compound: Chemical formula of the compound, e.g. "C2H5OH".
        element: Element whose share is wanted.
    """
    symbol = {"carbon": "C", "hydrogen": "H", "oxygen": "O"}[element]
    return round(100 * _ELEMENTS[symbol][2] * _atoms(compound).get(symbol, 0) / _mass(compound), 3)


@tool(
    asks=(
        "What pH does a solution with {concentration} mol/L have[, {is_base:OH- being counted|H+ being counted}]?",
        "pH from concentration[, {concentration} M][, {is_base:strong base|strong acid}]",
        "I measured an ion concentration of {concentration} moles per liter[{is_base:, hydroxide ions to be "
        "clear|, hydronium ions to be clear}]. What's the pH?",
        "How acidic is a liquid[ with {concentration} mol/L of ions][ if {is_base:it is a base|it is an acid}]?",
        "(Convert|Turn) {concentration} mol/L into a pH value[, for a strong {is_base:base|acid}].",
        "A bottle is labeled {concentration} mol/L[{is_base: and contains lye| and contains acid}]. "
        "(Find|Give me) its pH.",
    ),
    answer="The pH is {result}.",
)
def ph_from_concentration(
    concentration: Annotated[
        float,
        Pick(
            0.0001,
            0.0002,
            0.0005,
            0.0008,
            0.001,
            0.0015,
            0.002,
            0.0032,
            0.005,
            0.01,
            0.015,
            0.02,
            0.04,
            0.05,
            0.1,
            0.2,
            0.25,
            0.5,
        ),
    ],
    is_base: bool = False,
) -> float:
    """Compute the pH of a strong acid or base from the concentration of its ions.

    Args:
        concentration: Concentration of hydronium ions (acid) or hydroxide ions (base) in mol/L.
        is_base: Whether it is a base, so that the hydroxide ions are meant.
    """
    _positive(concentration=concentration)
    exponent = -math.log10(concentration)
    return round(14 - exponent if is_base else exponent, 3)


@tool(
    asks=(
        "What is the pH of a buffer with pKa {pka}, {acid_concentration} mol/L acid and "
        "{base_concentration} mol/L conjugate base?",
        "henderson hasselbalch[ pKa={pka}] acid={acid_concentration}[ base={base_concentration}]",
        "I'm mixing a buffer: the weak acid at {acid_concentration} M, its salt at {base_concentration} M[, "
        "and the acid's pKa is {pka}]. Which pH will I get?",
        "With {acid_concentration} mol/L of acid against {base_concentration} mol/L of salt[ and a pKa of "
        "{pka}], (estimate|compute) the buffer's pH.",
        "For a pKa of {pka}, what pH results[ from {acid_concentration} M acid] with {base_concentration} M "
        "of the conjugate base?",
        "Our buffer recipe says {acid_concentration} molar acid[ and {base_concentration} molar base], pKa "
        "{pka}. Check the pH for me.",
    ),
    answer="The buffer has a pH of {result}.",
)
def buffer_ph(
    pka: Annotated[float, Between(2.5, 10.5, 2)],
    acid_concentration: Concentration,
    base_concentration: Concentration,
) -> float:
    """Compute the pH of a buffer made of a weak acid and its conjugate base.

    Args:
        pka: pKa of the weak acid.
        acid_concentration: Concentration of the weak acid in mol/L.
        base_concentration: Concentration of the conjugate base in mol/L.
    """
    _positive(acid_concentration=acid_concentration, base_concentration=base_concentration)
    return round(pka + math.log10(base_concentration / acid_concentration), 3)


@tool(
    asks=(
        "What pressure do {moles} moles of gas have in {volume} liters[ at {temperature} °C][, in {pressure_unit}]?",
        "PV=nRT: n={moles}, V={volume} L[, T={temperature} °C], P=?[ {pressure_unit}]",
        "A cylinder of {volume} L holds {moles} mol of nitrogen. The thermometer says {temperature} °C. How "
        "high is the pressure inside?",
        "(Calculate|Find) the pressure[ in {pressure_unit}] when {moles} mol are kept at {temperature} "
        "degrees Celsius[ in a vessel of {volume} L].",
        "If I put {moles} moles into a tank[ of {volume} liters] and let it settle at {temperature} °C, "
        "what will the gauge read[ in {pressure_unit}]?",
        "At {temperature} °C and {volume} L, {moles} mol of an ideal gas exert what pressure?",
    ),
    answer="The pressure is {pressure} {unit}.",
)
def ideal_gas_pressure(
    moles: Annotated[float, Between(0.2, 40)],
    volume: Annotated[float, Between(2, 120)],
    temperature: Annotated[float, Between(-40, 250)],
    pressure_unit: Literal["kPa", "bar", "atm", "mmHg"] = "kPa",
) -> dict[str, float | str]:
    """Compute the pressure of an ideal gas.

    Args:
        moles: Amount of gas in mol.
        volume: Volume of the vessel in liters.
        temperature: Temperature in °C.
        pressure_unit: Unit of the result.
    """
    _positive(moles=moles, volume=volume, kelvin=temperature + 273.15)
    pascal = moles * 8.314462 * (temperature + 273.15) / (volume / 1000)
    return {"pressure": round(pascal / _PASCAL[pressure_unit], 3), "unit": pressure_unit}


@tool(
    asks=(
        "A gas fills {initial_volume} L at {initial_pressure} bar and {initial_temperature} °C. What volume "
        "does it take at {final_pressure} bar and {final_temperature} °C?",
        "combined gas law: {initial_volume} L, {initial_pressure} bar, {initial_temperature} °C -> "
        "{final_pressure} bar, {final_temperature} °C",
        "My balloon holds {initial_volume} liters on the ground, where we have {initial_pressure} bar and "
        "{initial_temperature} °C. Up there it's {final_pressure} bar[ and {final_temperature} °C]. How "
        "large does it get?",
        "From {initial_pressure} bar and {initial_temperature} degrees, {initial_volume} L of gas go to "
        "{final_pressure} bar[ and {final_temperature} degrees Celsius]. (Compute|Find) the new volume.",
        "We start[ with {initial_volume} L] at {initial_pressure} bar, {initial_temperature} °C, and end at "
        "{final_pressure} bar, {final_temperature} °C. How many liters will the gas occupy?",
    ),
    answer="The gas then fills {result} L.",
)
def gas_volume_after_change(
    initial_volume: Annotated[float, Between(1, 80)],
    initial_pressure: Annotated[float, Between(0.5, 12)],
    initial_temperature: Annotated[float, Between(-20, 60)],
    final_pressure: Annotated[float, Between(0.5, 12)],
    final_temperature: Annotated[float, Between(-60, 200)],
) -> float:
    """Compute the volume of a gas after its pressure and temperature have changed.

    Args:
        initial_volume: Volume at the start in liters.
        initial_pressure: Absolute pressure at the start in bar.
        initial_temperature: Temperature at the start in °C.
        final_pressure: Absolute pressure at the end in bar.
        final_temperature: Temperature at the end in °C.
    """
    warm, cold = final_temperature + 273.15, initial_temperature + 273.15
    _positive(initial_pressure=initial_pressure, final_pressure=final_pressure, kelvin=min(warm, cold))
    return round(initial_volume * initial_pressure / final_pressure * warm / cold, 4)


@tool(
    asks=(
        "How much stock of {stock_concentration} M do I need[ for {target_volume} mL] at {target_concentration} M?",
        "C1V1=C2V2: stock {stock_concentration} M, want {target_volume} mL[ of {target_concentration} M]",
        "I need {target_volume} mL of a solution with {target_concentration} mol/L, and on the shelf "
        "there's one with {stock_concentration} mol/L. What volume do I pipette?",
        "(Tell me|Work out) how to dilute {stock_concentration} M acid down to {target_concentration} M[ so "
        "that I end up with {target_volume} mL][; plan {extra_percent} percent extra].",
        "For {target_volume} milliliters at {target_concentration} molar, how much stock[ of "
        "{stock_concentration} molar] goes in[, with {extra_percent} percent reserve]?",
        "My buffer comes as a concentrate of {stock_concentration} mol/L. The protocol asks for "
        "{target_volume} mL[ at {target_concentration} mol/L]. How many mL of concentrate and of water is "
        "that?",
    ),
    answer="Take {stock_ml} mL of stock and {water_ml} mL of water.",
)
def stock_volume_for_dilution(
    stock_concentration: Annotated[float, Between(3, 18)],
    target_concentration: Concentration,
    target_volume: Annotated[float, Between(10, 2000)],
    extra_percent: Annotated[float, Pick(5, 8, 10, 15, 20, 25)] = 0.0,
) -> dict[str, float]:
    """Compute how much stock solution and water give a wanted dilution.

    Args:
        stock_concentration: Concentration of the stock in mol/L.
        target_concentration: Wanted concentration in mol/L, not above that of the stock.
        target_volume: Wanted volume in mL.
        extra_percent: Additional volume to prepare, in percent.
    """
    if not 0 < target_concentration <= stock_concentration:
        raise ValueError("the wanted concentration must be positive and not above that of the stock")
    total = target_volume * (1 + extra_percent / 100)
    stock = total * target_concentration / stock_concentration
    return {"stock_ml": round(stock, 3), "water_ml": round(total - stock, 3)}


@tool(
    asks=(
        "What concentration do I get when I add {added_water} mL of water to {start_volume} mL[ of a "
        "solution with {start_concentration} mol/L]?",
        "dilute {start_volume} mL {start_concentration} M[ with {added_water} mL water], final M",
        "I poured {added_water} mL of water into {start_volume} mL of {start_concentration} M solution by "
        "mistake. How strong is it now?",
        "After topping up {start_volume} mL at {start_concentration} mol/L[ with {added_water} mL of "
        "water], (which|what) molarity remains?",
        "There are {start_volume} mL in the flask[, at {start_concentration} mol/L]. {added_water} mL of "
        "water come on top[, and this is done {repeats} times]. (Find|Compute) the resulting concentration.",
        "With {added_water} mL water on {start_volume} mL of {start_concentration} molar stock, what's the "
        "dilution's final concentration[ after {repeats} such steps]?",
    ),
    answer="The solution then has {result} mol/L.",
)
def concentration_after_dilution(
    start_volume: Annotated[float, Between(5, 500)],
    start_concentration: Annotated[float, Between(0.5, 16, 2)],
    added_water: Annotated[float, Between(10, 1500)],
    repeats: Annotated[int, Between(2, 5)] = 1,
) -> float:
    """Compute the concentration of a solution after water was added.

    Args:
        start_volume: Volume of the solution at first, in mL.
        start_concentration: Concentration at first, in mol/L.
        added_water: Volume of water added in one step, in mL.
        repeats: Number of serial dilution steps, each with the same ratio.
    """
    _positive(start_volume=start_volume, repeats=repeats)
    ratio = start_volume / (start_volume + added_water)
    return float(f"{start_concentration * ratio**repeats:.6g}")


@tool(
    asks=(
        "What is the {fact} of {element}?",
        "{element} {fact}",
        "I forgot the {fact}[ of {element}]. (Can you|Could you) look it up?",
        "(Look up|Find) {element} in the periodic table and give me its {fact}.",
        "For the element {element}, the {fact} is what?",
        "My worksheet has an empty box next to {element}[, where the {fact} belongs]. What goes in there?",
    ),
    answer="For {element} the {fact} is {result}.",
)
def element_lookup(
    element: Annotated[str, Pick(*(entry[0] for entry in _ELEMENTS.values()))],
    fact: Literal["symbol", "atomic number", "atomic mass", "electronegativity"],
) -> str | int | float:
    """Look up one property of a chemical element.

    Args:
        element: English name of the element, in lower case.
        fact: Property to look up; the electronegativity is 0 where none is defined.
    """
    for symbol, (name, number, mass, negativity) in _ELEMENTS.items():
        if name == element.lower():
            if fact == "symbol":
                return symbol
            return {"atomic number": number, "atomic mass": mass, "electronegativity": negativity}[fact]
    raise ValueError(f"{element} is no known element")


@tool(
    asks=(
        "How many moles are {grams} g of {substance_formula}?",
        "{grams} g {substance_formula} in mol",
        "I weighed out {grams} grams[ of {substance_formula}]. What amount of substance is that[, allowing "
        "for a purity of {purity_percent} percent]?",
        "Convert[ {grams} g of] {substance_formula} to moles[; it is {purity_percent} percent pure].",
        "The beaker contains {grams} g[ of {substance_formula}]. (Calculate|Compute) the moles in it.",
        "With {substance_formula}, {grams} grams correspond to how many mol?",
    ),
    answer="That is {result} mol.",
)
def grams_to_moles(
    grams: Annotated[float, Between(0.5, 500)],
    substance_formula: Formula,
    purity_percent: Annotated[float, Between(60, 99.5)] = 100.0,
) -> float:
    """Convert a mass of a compound to the amount of substance.

    Args:
        grams: Mass in grams.
        substance_formula: Chemical formula of the compound.
        purity_percent: Share of the compound in the weighed mass, in percent.
    """
    _positive(grams=grams, purity_percent=purity_percent)
    return round(grams * purity_percent / 100 / _mass(substance_formula), 6)


@tool(
    asks=(
        "How many grams of {substance_formula} make {moles} mol?",
        "{moles} mol {substance_formula} in grams",
        "For the reaction I need {moles} moles[ of {substance_formula}]. How much do I put on the scale?",
        "Convert {moles} mol[ of {substance_formula}] to a mass[ in {mass_unit}].",
        "(Work out|Calculate) the mass[ in {mass_unit}] of {substance_formula}[, namely {moles} mol of it].",
        "If the recipe says {moles} moles of {substance_formula}, what do I weigh in[, expressed in {mass_unit}]?",
    ),
    answer="That is {mass} {unit}.",
)
def moles_to_mass(
    moles: Annotated[float, Between(0.5, 12, 2)],
    substance_formula: Formula,
    mass_unit: Literal["g", "mg", "kg"] = "g",
) -> dict[str, float | str]:
    """Convert an amount of substance of a compound to its mass.

    Args:
        moles: Amount of substance in mol.
        substance_formula: Chemical formula of the compound.
        mass_unit: Unit of the result.
    """
    _positive(moles=moles)
    grams = moles * _mass(substance_formula)
    return {"mass": round(grams / {"g": 1, "mg": 0.001, "kg": 1000}[mass_unit], 5), "unit": mass_unit}


@tool(
    asks=(
        "A mixture contains, in moles, {components}. What are the mole fractions?",
        "mole fractions[, amounts in mol: {components}]",
        "We blended {components}, all in mol. Which share does each one have, by amount of substance[, "
        "{in_percent:in percent|as a fraction of one}]?",
        "(Calculate|Compute) the composition of a mixture[ of {components} moles][{in_percent: in mole "
        "percent| as mole fractions}].",
        "My distillation feed consists of several substances.[ They are, in moles: {components}.] How large "
        "is the mole fraction of each?",
        "With {components} moles in one vessel, how are the moles divided up?",
    ),
    answer="The mixture has {total_moles} mol in all, most of it {main_component}.",
)
def mole_fractions(
    components: Annotated[list[Component], Size(2, 4)],
    in_percent: bool = False,
) -> dict[str, float | str | dict[str, float]]:
    """Compute the share of each substance in a mixture by amount of substance.

    Args:
        components: Substances of the mixture, each with its amount in mol.
        in_percent: Whether to give the shares in percent instead of as fractions of 1.
    """
    amounts: dict[str, float] = {}
    for part in components:
        amounts[part["substance"]] = amounts.get(part["substance"], 0.0) + part["moles"]
    total = sum(amounts.values())
    _positive(total=total)
    shares = {name: round(moles / total * (100 if in_percent else 1), 4) for name, moles in amounts.items()}
    main = max(amounts, key=lambda name: amounts[name])
    return {"total_moles": round(total, 4), "main_component": main, "shares": shares}


@tool(
    asks=(
        "What is the molarity if {solute_mass} g of {solute} are dissolved in {volume.amount} {volume.unit}?",
        "{solute_mass} g {solute} in {volume.amount} {volume.unit}, mol/L?",
        "I stirred {solute_mass} grams of {solute} into water[ and filled up to {volume.amount} "
        "{volume.unit}]. How concentrated is it?",
        "In {volume.amount} {volume.unit} of solution there are {solute_mass} g[ of {solute}]. "
        "(Find|Compute) the concentration[ in {concentration_unit}].",
        "My flask[ of {volume.amount} {volume.unit}] got {solute_mass} g of {solute}. Give me the "
        "concentration[ in {concentration_unit}].",
        "Dissolving {solute_mass} g of {solute} to make {volume.amount} {volume.unit} gives what molar concentration?",
    ),
    answer="The concentration is {concentration} {unit}.",
)
def solution_molarity(
    solute: Formula,
    solute_mass: Annotated[float, Between(0.5, 150)],
    volume: Volume,
    concentration_unit: Literal["mol/L", "mmol/L"] = "mol/L",
) -> dict[str, float | str]:
    """Compute the molar concentration of a solution from the mass of what was dissolved.

    Args:
        solute: Chemical formula of the dissolved compound.
        solute_mass: Mass of the dissolved compound in grams.
        volume: Volume of the finished solution, as an amount with its unit.
        concentration_unit: Unit of the result.
    """
    liters = volume["amount"] * _LITER[volume["unit"]]
    _positive(solute_mass=solute_mass, volume=liters)
    value = solute_mass / _mass(solute) / liters * (1000 if concentration_unit == "mmol/L" else 1)
    return {"concentration": float(f"{value:.6g}"), "unit": concentration_unit}


@tool(
    asks=(
        "Our {isotope} source had {activity} MBq on {calibrated_on}. What activity does it have[ on {wanted_on}]?",
        "decay correct {isotope}, {activity} MBq at {calibrated_on}[, for {wanted_on}]",
        "A sample of {isotope} was certified with {activity} megabecquerels[ on {calibrated_on}]. How much "
        "of that is there on {wanted_on}?",
        "(Compute|Calculate) how active a source of {isotope} is on {wanted_on}, given {activity} MBq[ on "
        "{calibrated_on}].",
        "On {calibrated_on} the certificate of our {isotope} check source said {activity} MBq. What should "
        "we measure on {wanted_on}?",
        "For the radiation safety log I need the {isotope} activity[ as of {wanted_on}]; it was {activity} "
        "MBq on {calibrated_on}.",
    ),
    answer="On {wanted_on} the source has {result} MBq.",
)
def isotope_activity_on(
    isotope: Literal["Co-60", "Cs-137", "Sr-90", "Na-22", "Ba-133", "Am-241", "H-3", "Eu-152", "Pb-210", "Ra-226"],
    activity: Annotated[float, Between(2, 900)],
    calibrated_on: Date,
    wanted_on: Date,
) -> float:
    """Correct the activity of a radioactive source for decay between two days.

    Args:
        isotope: Radioactive isotope of the source.
        activity: Activity in MBq on the day of calibration.
        calibrated_on: Day for which the activity is known, as YYYY-MM-DD.
        wanted_on: Day for which to compute the activity, as YYYY-MM-DD; it may be the earlier one.
    """
    _positive(activity=activity)
    days = (date.fromisoformat(wanted_on) - date.fromisoformat(calibrated_on)).days
    return float(f"{activity * 2 ** (-days / _HALF_LIFE_DAYS[isotope]):.6g}")


@tool(
    asks=(
        "My reaction starts at {start}. When do I take samples if I want {samples} of them[, {interval} "
        "minutes apart]?",
        "sampling plan: start {start}, n={samples}[, every {interval} min]",
        "We begin the titration series at {start} and draw {samples} samples. (Write|Make) me a list of "
        "times[ with {interval} minutes in between][{include_start:, one right at the start|, none right at "
        "the start}].",
        "For a kinetics run[ beginning at {start}], give me {samples} clock times for taking aliquots, "
        "spaced by {interval} minutes.",
        "If the reactor is switched on at {start} and I sample every {interval} minutes[, {samples} times "
        "in all], at what times is that?",
        "Every {interval} minutes from {start} on, {samples} draws: which times do I set my alarm to?[ "
        "{include_start:The first one is at the start.|The first one comes after the first pause.}]",
    ),
    answer="Take the samples at {result}.",
)
def sampling_times(
    start: Time,
    interval: Annotated[int, Between(3, 90)],
    samples: Annotated[int, Between(3, 10)],
    include_start: bool = True,
) -> list[str]:
    """Plan the times of day at which to take samples of a running reaction.

    Args:
        start: Time at which the reaction starts, as HH:MM.
        interval: Minutes between two samples.
        samples: Number of samples.
        include_start: Whether the first sample is taken right at the start.
    """
    _positive(interval=interval, samples=samples)
    first = int(start[:2]) * 60 + int(start[3:5]) + (0 if include_start else interval)
    return [f"{t // 60 % 24:02d}:{t % 60:02d}" for t in range(first, first + samples * interval, interval)]


@tool(
    asks=(
        "(Can you|Could you|Is it possible to) spell {word} with element symbols?",
        "{word} in periodic table letters",
        "I'd like a T-shirt that shows my name in symbols of chemical elements[, joined by a {separator}].[ "
        "My name is {word}.] Is that possible?",
        "(Try|Please try) to write the name {word} using only symbols of elements.",
        "For a chemistry party badge: turn the name[ {word}] into element symbols[ with a {separator} between them].",
        "Which elements do I need to form the word {word}[, separated by a {separator}]?",
    ),
    answer="For {word} the spelling is {spelling}.",
)
def spell_with_elements(
    word: Annotated[str, Fake("first_name")],
    separator: Literal["hyphen", "dot", "space"] = "hyphen",
) -> dict[str, bool | str]:
    """Spell a word with the symbols of chemical elements, if that is possible.

    Args:
        word: Word or name to spell; only its letters count.
        separator: What to put between the symbols.
    """
    letters = "".join(filter(str.isalpha, word)).lower()
    best: list[list[str] | None] = [[]]
    for end in range(1, len(letters) + 1):
        found = None
        for size in (2, 1):
            symbol = letters[max(0, end - size) : end].capitalize()
            before = best[end - size] if end >= size else None
            if found is None and before is not None and symbol in _SYMBOLS:
                found = [*before, symbol]
        best.append(found)
    spelled = best[-1] if letters else None
    mark = {"hyphen": "-", "dot": ".", "space": " "}[separator]
    return {"possible": spelled is not None, "spelling": mark.join(spelled) if spelled else "not possible"}
