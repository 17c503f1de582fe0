"""Health: body measures, calories, doctors, medication, sleep, fitness, genetics and biology."""

import datetime as dt
import zlib
from itertools import combinations
from typing import Annotated, Literal, TypedDict

from sftctl.core.tools import Between, Date, Fake, Pick, Size, Time, tool

_MET = {
    "running": 9.8, "swimming": 7.0, "cycling": 7.5, "rowing": 7.0, "doing yoga": 2.5, "hiking": 6.0,
    "jumping rope": 11.0, "dancing": 5.0, "boxing": 7.8, "climbing stairs": 8.0, "playing tennis": 7.3,
    "playing basketball": 6.5, "gardening": 3.8, "brisk walking": 4.3, "cross-country skiing": 9.0,
    "lifting weights": 5.0,
}  # fmt: skip
_CODONS = {
    a + b + c: "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"[16 * i + 4 * j + k]
    for i, a in enumerate("UCAG")
    for j, b in enumerate("UCAG")
    for k, c in enumerate("UCAG")
}
_TRAITS = [
    "red hair", "blue eyes", "albinism", "attached earlobes", "cystic fibrosis", "wrinkled seeds",
    "white flowers", "dwarf stature", "green pods", "straight hair", "blood type O", "sickle cell anemia",
    "vestigial wings", "colour blindness", "phenylketonuria",
]  # fmt: skip

Weight = Annotated[float, Between(45, 120)]
Height = Annotated[int, Between(150, 198)]
Genotype = Literal["AA", "Aa", "aa"]
Medicine = Annotated[
    str,
    Pick(
        "ibuprofen", "aspirin", "warfarin", "metformin", "lisinopril", "amoxicillin", "sertraline",
        "omeprazole", "atorvastatin", "prednisone", "levothyroxine", "cetirizine", "amlodipine", "naproxen",
        "gabapentin", "clopidogrel", "doxycycline",
    ),
]  # fmt: skip
Specialty = Annotated[
    str,
    Pick(
        "cardiology", "dermatology", "neurology", "pediatrics", "orthopedics", "gynecology", "urology",
        "psychiatry", "ophthalmology", "oncology", "endocrinology", "rheumatology", "gastroenterology",
        "allergology", "pulmonology", "family medicine",
    ),
]  # fmt: skip
Insurer = Annotated[
    str,
    Pick(
        "Aetna", "Cigna", "Blue Cross", "Kaiser Permanente", "Humana", "UnitedHealthcare", "Bupa", "AXA",
        "Allianz", "Medicare", "Medicaid", "Anthem", "Oscar Health", "Molina", "Generali",
    ),
]  # fmt: skip
Doctor = Annotated[
    str,
    Pick(
        "Dr. Patel", "Dr. Nguyen", "Dr. Romano", "Dr. Schneider", "Dr. Haddad", "Dr. O'Brien", "Dr. Kowalski",
        "Dr. Santos", "Dr. Kim", "Dr. Larsen", "Dr. Mbeki", "Dr. Whitfield", "Dr. Dubois", "Dr. Chen",
        "Dr. Rossi",
    ),
]  # fmt: skip
Reason = Annotated[
    str,
    Pick(
        "a persistent cough", "back pain", "a yearly check-up", "a skin rash", "migraines", "a knee injury",
        "blood test results", "trouble sleeping", "a follow-up visit", "high blood pressure",
        "stomach cramps", "a flu shot", "hay fever", "dizziness", "an ear infection",
    ),
]  # fmt: skip
DnaSequence = Annotated[
    str,
    Pick(
        "ATGGCCTAA", "ATGCGTACG", "TTAGCCGAT", "GATTACA", "CCGTATGCA", "ATGAAACCC", "GGCATTACG", "TACGGATCC",
        "ATGTTTGGC", "CAGTCAGTC", "AATTCCGGA", "GCGCATATT", "TGACCTGAA", "ATGCCCGGG", "CTAGGATAC",
        "TATAATGCG",
    ),
]  # fmt: skip
RnaSequence = Annotated[
    str,
    Pick(
        "AUGGCCUUUUAA", "AUGCGUACGGGA", "AUGAAACCCUGG", "GGCAUGUUUCAU", "AUGUUUGGCUAG", "CAUAUGGAACCU",
        "AUGCCCGGGAAA", "UUUAUGCUGGAC", "AUGGAUUACGCU", "GCUAUGACCGUA", "AUGCAUGAACUU", "AAAGGGCCCAUG",
        "AUGUGGAGCUAA", "CCGAUGCAAGUC", "AUGAGCGAUUAC",
    ),
]  # fmt: skip


class Patient(TypedDict):
    name: Annotated[str, Fake("name")]
    age: Annotated[int, Between(18, 85)]


class Exercise(TypedDict):
    name: Annotated[
        str,
        Pick(
            "squats", "push-ups", "deadlifts", "lunges", "pull-ups", "bench presses", "burpees", "sit-ups",
            "kettlebell swings", "shoulder presses", "biceps curls", "leg presses", "dips", "calf raises",
            "rows",
        ),
    ]  # fmt: skip
    sets: Annotated[int, Between(2, 6)]
    reps: Annotated[int, Between(5, 20)]


def _pick(options: list[str], *key: object) -> str:
    """One of `options`, always the same one for the same key."""
    return options[zlib.crc32(repr(key).encode()) % len(options)]


def _shift(clock: str, minutes: int) -> str:
    return (dt.datetime.strptime(clock, "%H:%M") + dt.timedelta(minutes=minutes)).strftime("%H:%M")


@tool(
    asks=(
        "(What is|What's|Can you tell me) my BMI if I weigh {weight_kg} kg[ and I'm {height_cm} cm tall]?",
        "bmi {weight_kg}kg {height_cm}cm",
        "Compute the body mass index of a person[ weighing {weight_kg} kilograms][ with a height of "
        "{height_cm} cm][, aged {age}].",
        "I am {height_cm} centimetres tall[ and the scale shows {weight_kg} kg]. (Is that a healthy "
        "weight|Am I overweight)?",
        "{height_cm} cm, {weight_kg} kg - what does that make my BMI?",
        "[I'm {age} years old. ]My height is {height_cm} cm[ and my weight is {weight_kg} kg]. (Please work "
        "out|Work out|Give me) my body mass index.",
        "We need the BMI of the[ {age}-year-old] patient for the chart[: height {height_cm} cm][, weight "
        "{weight_kg} kg].",
    ),
    answer="The body mass index is {bmi}, which counts as {category}.",
)
def body_mass_index(
    weight_kg: Weight, height_cm: Height, age: Annotated[int, Between(20, 85)] | None = None
) -> dict[str, float | str]:
    """Compute the body mass index of an adult and its weight category.

    Args:
        weight_kg: Body weight in kilograms.
        height_cm: Body height in centimetres.
        age: Age in years; from 65 on, wider limits for normal weight apply.
    """
    if weight_kg <= 0 or height_cm <= 0:
        raise ValueError("weight and height must be positive")
    bmi = round(weight_kg / (height_cm / 100) ** 2, 1)
    low, high = (22.0, 27.0) if age is not None and age >= 65 else (18.5, 25.0)
    category = "underweight" if bmi < low else "normal weight" if bmi < high else "overweight"
    return {"bmi": bmi, "category": "obese" if bmi >= 30 else category}


@tool(
    asks=(
        "I'm {age}, {sex}, {height_cm} cm and {weight_kg} kg[ with {activity} activity]. How many calories "
        "should I eat (a day|per day|daily)[ to {goal} weight]?",
        "Calories per day for: {sex}, {age} years, {weight_kg} kg, {height_cm} cm, {activity} activity[, "
        "want to {goal} weight]",
        "My trainer asked for my daily energy requirement. Sex {sex}, age {age}, weight {weight_kg} kg, "
        "height {height_cm} cm[, activity level {activity}].",
        "How much (should|can) I eat each day[ if I want to {goal} weight]? I'm {sex}[, {age} years old][, "
        "{height_cm} cm tall], I weigh {weight_kg} kg and my activity level is {activity}.",
        "Please determine the daily calorie requirement of a {sex} client[ aged {age}][ weighing "
        "{weight_kg} kg][ with a height of {height_cm} cm] whose activity level is {activity}.",
        "With {activity} exercise during the week, what's a sensible daily calorie budget for a {sex} adult "
        "of {age} who is {height_cm} cm tall[ and weighs {weight_kg} kg]?",
    ),
    answer="That comes to about {calories} kcal a day, {basal} of which the body uses at rest.",
)
def daily_calorie_needs(
    sex: Literal["male", "female"],
    age: Annotated[int, Between(18, 80)],
    weight_kg: Weight,
    height_cm: Height,
    activity: Literal["low", "light", "moderate", "high"],
    goal: Literal["lose", "maintain", "gain"] = "maintain",
) -> dict[str, int]:
    """Estimate how many kilocalories an adult should eat per day (Mifflin-St Jeor).

    Args:
        sex: Sex of the person.
        age: Age in years.
        weight_kg: Body weight in kilograms.
        height_cm: Body height in centimetres.
        activity: How active the person is in an ordinary week.
        goal: Whether to lose, maintain or gain weight.
    """
    basal = 10 * weight_kg + 6.25 * height_cm - 5 * age + (5 if sex == "male" else -161)
    factor = {"low": 1.2, "light": 1.375, "moderate": 1.55, "high": 1.725}[activity]
    shift = {"lose": -500, "maintain": 0, "gain": 400}[goal]
    return {"basal": round(basal), "calories": round(basal * factor) + shift}


@tool(
    asks=(
        "How many calories do I burn {activity}[ for {minutes} minutes][ if I weigh {weight_kg} kg]?",
        "I exercised for {minutes} minutes today[, {activity} to be precise]. What did (I burn|that burn)?",
        "{minutes} min {activity} kcal",
        "Just got back from {activity}[, {minutes} minutes in total][, and I'm about {weight_kg} kilos]. "
        "How much energy did I use up?",
        "Estimate the energy that {activity} takes[ over {minutes} minutes][ for a person of {weight_kg} kg].",
        "If I (swap|replace) my lunch break nap with {minutes} minutes of {activity}, how many calories (is "
        "that|would that be)?",
        "Does {activity}[ for {minutes} minutes] make up for a slice of pizza? Tell me the calories it uses.",
    ),
    answer="{minutes} minutes of {activity} burn roughly {result} kcal.",
)
def calories_burned(
    activity: Annotated[str, Pick(*_MET)],
    minutes: Annotated[int, Between(10, 120)],
    weight_kg: Annotated[float, Between(45, 120, 0)] = 70.0,
) -> int:
    """Estimate the kilocalories that a physical activity burns.

    Args:
        activity: The activity, as a gerund such as "running" or "playing tennis".
        minutes: Duration in minutes.
        weight_kg: Body weight in kilograms.
    """
    if minutes <= 0:
        raise ValueError("minutes must be positive")
    return round(_MET.get(activity.lower(), 5.0) * weight_kg * minutes / 60)


@tool(
    asks=(
        "(Find me|I need) a doctor[ for {specialty}][ in {city}][ who takes {insurance}].",
        "Who is a good {specialty} specialist[ in {city}][ within {radius_km} km]?",
        "{specialty} doctor {city}",
        "I just moved to {city} and (need|am looking for) someone in {specialty}[; my insurance is "
        "{insurance}]. Any (suggestions|recommendations)?",
        "My GP referred me to {specialty}. Could you look for practices[ around {city}][ that offer "
        "{telehealth:video visits|visits in person}]?",
        "Please list physicians[ in the {city} area] practising {specialty}[, at most {radius_km} "
        "kilometres away][, {telehealth:with online consultations|on site only}].",
        "[My insurer is {insurance}. ]Where can I see a specialist in {specialty}[ near {city}]?",
    ),
    answer="You could see {doctor} at {practice}, {distance_km} km from the centre of {city}.",
)
def find_doctor(
    specialty: Specialty,
    city: Annotated[str, Fake("city")],
    insurance: Insurer | None = None,
    radius_km: Annotated[int, Between(2, 50)] = 10,
    telehealth: bool = False,
) -> dict[str, str | float]:
    """Find a doctor of a medical specialty in a city.

    Args:
        specialty: Medical specialty, such as "cardiology".
        city: City to search in.
        insurance: Health insurer that the practice must accept.
        radius_km: Largest distance from the city centre in kilometres.
        telehealth: Whether the practice must offer video visits.
    """
    key = (specialty, city, insurance, telehealth)
    doctor = _pick(["Dr. Okafor", "Dr. Lindqvist", "Dr. Moreau", "Dr. Tanaka", "Dr. Alvarez"], *key)
    practice = f"{_pick(['Riverside', 'Oak Hill', 'Central', 'Lakeview', 'St. Anne'], *key, 1)} Clinic"
    share = zlib.crc32(repr(key).encode()) % 100 / 100
    return {"doctor": doctor, "practice": practice, "distance_km": round(radius_km * share, 1)}


@tool(
    asks=(
        "Book {patient.name}, aged {patient.age}, in with {doctor}[ on {date}][ at {time}].",
        "I'd like an appointment with {doctor} on {date}[ at {time}][ for {reason}]. My name is "
        "{patient.name}[ and I'm {patient.age} years old].",
        "(Can you get|Could you get) {patient.name} in to see {doctor}[ at {time}] on {date}? Age "
        "{patient.age}[, reason: {reason}].",
        "appointment {doctor} {date} {time} - {patient.name}, {patient.age} yrs",
        "My mother {patient.name} needs to see {doctor}[ because of {reason}]. She is {patient.age}[ and is "
        "free on {date}][ at {time}].",
        "Kindly reserve a visit for the patient {patient.name}, {patient.age} years of age, on {date}[ at "
        "{time}][ with {doctor}][, {first_visit:a first visit|not a first visit}].",
        "{doctor} please, {date}[ at {time}]. The patient is {patient.name}, {patient.age}[, "
        "{first_visit:new to the practice|already known to the practice}].",
    ),
    answer="The appointment with {doctor} on {date} at {time} is booked, confirmation {confirmation}.",
)
def book_doctor_appointment(
    patient: Patient,
    doctor: Doctor,
    date: Date,
    time: Time,
    reason: Reason | None = None,
    first_visit: bool = False,
) -> dict[str, str]:
    """Book an appointment for a patient with a given doctor.

    Args:
        patient: The patient's full name and age in years.
        doctor: Name of the doctor, with title.
        date: Day of the appointment.
        time: Start of the appointment.
        reason: Reason for the visit, in a few words.
        first_visit: Whether the patient has never been to this doctor before.
    """
    key = zlib.crc32(repr((patient["name"], doctor, date, time, reason, first_visit)).encode())
    return {"confirmation": f"HC-{key % 10**6:06d}", "arrive_by": _shift(time, -30 if first_visit else -10)}


@tool(
    asks=(
        "(Is it safe|Is it okay) to take {drugs} together?",
        "Do {drugs} interact?",
        "interactions {drugs}",
        "My pharmacist gave me {drugs} this week and I'm a bit worried. Could they clash?",
        "Please verify my medication[, which consists of {drugs},] with regard to adverse interactions.",
        "I have to swallow several pills every morning[, namely {drugs}]. (Check|Can you check) that they "
        "don't get in each other's way.",
        "Grandpa's pill box holds {drugs}. Anything in there that shouldn't be mixed?",
    ),
    answer="The combination of {drugs} carries {risk} risk, and {pairs} pairs were checked.",
)
def check_drug_interactions(drugs: Annotated[list[Medicine], Size(2, 4)]) -> dict[str, str | int]:
    """Check whether several medicines interact when they are taken together.

    Args:
        drugs: Generic names of the medicines, at least two.
    """
    if len(drugs) < 2:
        raise ValueError("name at least two medicines")
    pairs = list(combinations(sorted(drug.lower() for drug in drugs), 2))
    worst = max(zlib.crc32("+".join(pair).encode()) % 3 for pair in pairs)
    return {"risk": ["low", "moderate", "high"][worst], "pairs": len(pairs)}


@tool(
    asks=(
        "Remind me[ at {times}] to take my {medicine}[ {with_food:with food|on an empty stomach}].",
        "Set (up |)a pill reminder[ for {medicine}][, every day at {times}][, starting {start_date}].",
        "{medicine} reminder {times}",
        "From now on I have to take {medicine}[ {with_food:with a meal|before eating}]. Ping me at {times}.",
        "I keep forgetting my {medicine}! Can you nudge me (each day|daily)[ at {times}]?",
        "Please schedule daily medication alerts for {medicine}[ at the following times: {times}][, "
        "effective {start_date}].",
    ),
    answer="{count} daily reminders for {medicine} are set, the first one at {first}.",
)
def set_pill_reminder(
    medicine: Medicine,
    times: Annotated[list[Time], Size(2, 3)],
    with_food: bool = False,
    start_date: Date | None = None,
) -> dict[str, str | int]:
    """Set daily reminders to take a medicine.

    Args:
        medicine: Name of the medicine.
        times: Times of day at which to be reminded.
        with_food: Whether the medicine is taken with food.
        start_date: First day of the reminders; today if left out.
    """
    if not times:
        raise ValueError("give at least one time")
    note = "with food" if with_food else "without food"
    return {"count": len(times), "first": min(times), "start": start_date or "today", "note": note}


@tool(
    asks=(
        "(When|What time) should I go to bed[ to wake up at {wake_time}][ after {cycles} sleep cycles]?",
        "bedtime for {wake_time} alarm",
        "My alarm is set for {wake_time} and it takes me[ {fall_asleep_minutes} minutes] to drift off. When "
        "should I hit the pillow?",
        "I have to be up at {wake_time} (tomorrow|for my flight)[ and want {cycles} full sleep cycles]. "
        "When is lights out?",
        "Given a required rising time of {wake_time}[, a target of {cycles} sleep cycles][ and "
        "{fall_asleep_minutes} minutes to fall asleep], state the optimal time to retire.",
        "{wake_time} is when the kids wake me up. Tell me how early I need to turn in[ if I usually need "
        "{fall_asleep_minutes} minutes to nod off].",
    ),
    answer="To wake up at {wake_time}, be in bed by {result}.",
)
def bedtime_for_wakeup(
    wake_time: Time,
    cycles: Annotated[int, Between(3, 6)] = 5,
    fall_asleep_minutes: Annotated[int, Between(5, 45)] = 15,
) -> str:
    """Work out the bedtime that lets a person wake up at the end of a sleep cycle.

    Args:
        wake_time: Time of waking up.
        cycles: Number of sleep cycles of 90 minutes each.
        fall_asleep_minutes: Minutes it takes to fall asleep.
    """
    if cycles < 1:
        raise ValueError("at least one sleep cycle is needed")
    return _shift(wake_time, -90 * cycles - fall_asleep_minutes)


@tool(
    asks=(
        "I slept {hours_slept} hours (these past nights|over the last few nights). How (big|bad) is my "
        "sleep debt[ if I need {target_hours} hours]?",
        "sleep debt {hours_slept}",
        "How far behind on sleep am I[ with nights of {hours_slept} hours]?",
        "My tracker shows {hours_slept} hours for the recent nights[, and my goal is {target_hours} hours a "
        "night]. How much do I have to catch up on?",
        "Add up the sleep I have missed[: {hours_slept} hours per night][ against a need of {target_hours} hours].",
        "{hours_slept} hours - those were my last nights since the baby arrived. How much rest did I lose in total?",
    ),
    answer="You are {debt_hours} hours behind on sleep, with {average} hours a night on average.",
)
def sleep_debt(
    hours_slept: Annotated[list[Annotated[float, Between(3.5, 8.5)]], Size(3, 6)],
    target_hours: Annotated[float, Between(7, 9)] = 8.0,
) -> dict[str, float]:
    """Add up the sleep that was missed over several nights.

    Args:
        hours_slept: Hours slept in each night, oldest first.
        target_hours: Hours of sleep needed per night.
    """
    if not hours_slept or min(hours_slept) < 0:
        raise ValueError("hours_slept must hold non-negative numbers")
    debt = sum(max(0.0, target_hours - hours) for hours in hours_slept)
    return {"debt_hours": round(debt, 1), "average": round(sum(hours_slept) / len(hours_slept), 1)}


@tool(
    asks=(
        "What heart rate should I keep[ for {intensity} training] at age {age}[ with a resting pulse of "
        "{resting_bpm}]?",
        "HR zone {intensity}, age {age}, resting {resting_bpm}",
        "I'm {age}[ and my resting heart rate is {resting_bpm} bpm]. Which pulse range counts as {intensity}?",
        "Today's plan says {intensity}. I am {age} years old[, my pulse at rest is {resting_bpm}][ and my "
        "measured maximum is {max_bpm}]. How high should my pulse be?",
        "Determine the {intensity} training zone in beats per minute for an athlete[ aged {age}][ with a "
        "resting rate of {resting_bpm}][ and a maximum of {max_bpm} bpm].",
        "Resting pulse {resting_bpm}, {age} years old: between which heart rates do I stay[ in the {intensity} zone]?",
    ),
    answer="Keep your pulse between {lower_bpm} and {upper_bpm} beats per minute.",
)
def heart_rate_zone(
    age: Annotated[int, Between(18, 75)],
    resting_bpm: Annotated[int, Between(45, 80)],
    intensity: Literal["recovery", "endurance", "tempo", "threshold"],
    max_bpm: Annotated[int, Between(150, 205)] | None = None,
) -> dict[str, int]:
    """Compute the pulse range of a training intensity with the Karvonen formula.

    Args:
        age: Age in years.
        resting_bpm: Resting heart rate in beats per minute.
        intensity: Training intensity.
        max_bpm: Measured maximum heart rate; estimated from the age if left out.
    """
    reserve = (max_bpm or 220 - age) - resting_bpm
    if reserve <= 0:
        raise ValueError("the resting heart rate must be below the maximum")
    low = {"recovery": 50, "endurance": 60, "tempo": 70, "threshold": 80}[intensity]
    lower, upper = (round(resting_bpm + reserve * share / 100) for share in (low, low + 10))
    return {"lower_bpm": lower, "upper_bpm": upper}


@tool(
    asks=(
        "Is {systolic} over {diastolic} a (normal|healthy|good) blood pressure?",
        "bp {systolic}/{diastolic}",
        "The cuff (just |)read {systolic}/{diastolic}. Should I (worry|be concerned)?",
        "My home monitor showed a blood pressure with[ a systolic value of {systolic} and] a diastolic "
        "value of {diastolic}. What stage is that?",
        "Classify this reading please: systolic {systolic} mmHg[, diastolic {diastolic} mmHg].",
        "Dad's blood pressure is[ {systolic} at the top and] {diastolic} at the bottom. Does he have hypertension?",
        "{systolic} systolic and {diastolic} diastolic, measured at rest - which category of blood pressure "
        "does the patient fall in?",
    ),
    answer="A reading of {systolic}/{diastolic} mmHg is {result}.",
)
def classify_blood_pressure(
    systolic: Annotated[int, Between(95, 185)], diastolic: Annotated[int, Between(55, 92)]
) -> str:
    """Classify a blood pressure reading of an adult.

    Args:
        systolic: Upper value in mmHg.
        diastolic: Lower value in mmHg.
    """
    if not 0 < diastolic < systolic:
        raise ValueError("diastolic must be positive and below systolic")
    if systolic >= 140 or diastolic >= 90:
        return "stage 2 hypertension"
    if systolic >= 130 or diastolic >= 80:
        return "stage 1 hypertension"
    return "elevated" if systolic >= 120 else "normal"


@tool(
    asks=(
        "Cross {mother} with {father}. What are the chances of the recessive[ {trait}] phenotype?",
        "Mom is {mother}[ and dad is {father}]. How likely is each genotype in the kids?",
        "punnett {mother} x {father}",
        "For my biology homework: the mother's genotype is {mother}[ and the father's is {father}][, and "
        "the recessive trait is {trait}]. What do the offspring look like?",
        "Determine the expected genotype distribution of the offspring for a father with {father}[ and a "
        "mother with {mother}].",
        "If the female is {mother}[ and the male is {father}], what share of the offspring shows[ {trait} "
        "as] the recessive trait?",
        "[We're looking at the inheritance of {trait}. ]Genotype of the father: {father}[; genotype of the "
        "mother: {mother}]. What percentage of children will be carriers?",
    ),
    answer="Of the offspring, {dominant} % are AA, {carriers} % are carriers (Aa) and {recessive} % are aa.",
)
def punnett_square(
    mother: Genotype,
    father: Genotype,
    trait: Annotated[str, Pick(*_TRAITS)] | None = None,
) -> dict[str, float | str]:
    """Cross two parents' genotypes of one gene and give the shares of genotypes among the offspring.

    Args:
        mother: Genotype of the mother; "A" is the dominant allele.
        father: Genotype of the father; "A" is the dominant allele.
        trait: Name of the recessive trait, for the record.
    """
    if not {mother, father} <= {"AA", "Aa", "aa"}:
        raise ValueError("genotypes are AA, Aa or aa")
    crosses = [(a + b).count("A") for a in mother for b in father]
    shares = {key: 25 * crosses.count(n) for key, n in (("dominant", 2), ("carriers", 1), ("recessive", 0))}
    return {"trait": trait or "unnamed", **shares}


@tool(
    asks=(
        "(Transcribe|Write) the DNA sequence {sequence} (into|as) mRNA.",
        "What RNA (do you get|does one get) from {sequence}[ if it is the {template_strand:template "
        "strand|coding strand}]?",
        "{sequence} -> rna",
        "Our lab sequenced {sequence}[, which is the {template_strand:template|coding} strand]. Which "
        "messenger RNA is made from it?",
        "I'm stuck on a genetics exercise[: the gene reads {sequence}]. What's the transcript?",
        "Please provide the transcription product of {sequence}[, {template_strand:reading it as the "
        "template strand|reading it as the coding strand}].",
    ),
    answer="The transcribed RNA is {result}.",
)
def transcribe_dna(sequence: DnaSequence, template_strand: bool = False) -> str:
    """Transcribe a DNA sequence into messenger RNA.

    Args:
        sequence: DNA bases A, C, G and T.
        template_strand: Whether the sequence is the template strand, read 3' to 5', not the coding strand.
    """
    bases = sequence.upper()
    if not bases or set(bases) - set("ACGT"):
        raise ValueError("a DNA sequence holds only A, C, G and T")
    return (bases.translate(str.maketrans("ACGT", "TGCA")) if template_strand else bases).replace("T", "U")


@tool(
    asks=(
        "Which amino acids does {rna} code for[ in reading frame {frame}]?",
        "translate {rna}[ frame {frame}]",
        "(Give me|I need) the peptide[ made from the mRNA {rna}][, reading frame {frame}].",
        "A ribosome gets hold of the messenger RNA {rna}. What protein comes out?",
        "Derive the one-letter amino acid sequence encoded by {rna}[, starting in frame {frame}].",
        "{rna} is the transcript we found[, and we think the reading frame is {frame}]. What does the chain "
        "look like as a protein?",
    ),
    answer="The RNA codes for the peptide {peptide} of {length} amino acids.",
)
def mrna_to_protein(rna: RnaSequence, frame: Literal[1, 2, 3] = 1) -> dict[str, str | int]:
    """Translate messenger RNA into the amino acid chain it codes for, up to the first stop codon.

    Args:
        rna: RNA bases A, C, G and U.
        frame: Reading frame: the base at which translation starts, counted from 1.
    """
    bases = rna.upper()
    if set(bases) - set("ACGU"):
        raise ValueError("an RNA sequence holds only A, C, G and U")
    codons = [bases[i : i + 3] for i in range(frame - 1, len(bases) - 2, 3)]
    peptide = "".join(_CODONS[codon] for codon in codons).partition("*")[0]
    return {"peptide": peptide or "(none)", "length": len(peptide)}


@tool(
    asks=(
        "A culture starts with {initial_cells} (cells|bacteria) and doubles every {doubling_minutes} "
        "minutes. How many are there[ after {hours} hours]?",
        "{initial_cells} bacteria, doubling time {doubling_minutes} min, {hours} h -> count?",
        "How many E. coli will I have[ after {hours} hours] if I plate {initial_cells}[ and the doubling "
        "time is {doubling_minutes} minutes]?",
        "Predict the size of a bacterial culture[ of {initial_cells} cells initially][ with a generation "
        "time of {doubling_minutes} minutes] once {hours} hours have passed.",
        "I left the sample out for {hours} hours. It had[ {initial_cells}] germs that divide every "
        "{doubling_minutes} minutes. How many by now?",
        "With exponential growth, what do {initial_cells} microbes become in {hours} hours[ when each "
        "division takes {doubling_minutes} minutes]?",
    ),
    answer="The culture grows from {initial_cells} to about {result} cells.",
)
def bacterial_growth(
    initial_cells: Annotated[int, Between(50, 5000)],
    doubling_minutes: Annotated[float, Between(18, 90)],
    hours: Annotated[float, Between(2, 12)],
) -> int:
    """Predict the number of cells in a culture that grows exponentially.

    Args:
        initial_cells: Number of cells at the start.
        doubling_minutes: Minutes in which the population doubles.
        hours: Hours of growth.
    """
    if initial_cells < 0 or doubling_minutes <= 0 or hours < 0:
        raise ValueError("cells and hours must not be negative, the doubling time must be positive")
    return round(initial_cells * 2 ** (hours * 60 / doubling_minutes))


@tool(
    asks=(
        "(Log|Record|Save) my workout[ of {date}]: {exercises}.",
        "I did {exercises} on {date}. (Please write that down|Put it in my training diary).",
        "workout {date} {exercises}",
        "Phew, what a session[ on {date}]! Add it to my log: {exercises}[. It felt {effort}].",
        "Kindly enter the training session of {date}[ consisting of {exercises}][, perceived effort {effort}].",
        "{date}, gym[, {exercises}][, overall {effort}] - track this for me.",
    ),
    answer="The workout of {date} is logged with {total_reps} repetitions over {exercise_count} exercises.",
)
def log_workout(
    date: Date,
    exercises: Annotated[list[Exercise], Size(1, 3)],
    effort: Literal["easy", "moderate", "hard", "exhausting"] = "moderate",
) -> dict[str, int | str]:
    """Write a strength workout into the training log.

    Args:
        date: Day of the workout.
        exercises: The exercises done, each with its number of sets and of repetitions per set.
        effort: How hard the workout felt.
    """
    if not exercises:
        raise ValueError("a workout has at least one exercise")
    total = sum(exercise["sets"] * exercise["reps"] for exercise in exercises)
    return {"total_reps": total, "exercise_count": len(exercises), "effort": effort}
