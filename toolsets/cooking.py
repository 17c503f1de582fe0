"""Cooking: recipes, restaurants, nutrition, grocery lists, kitchen measures and wine."""

import datetime as dt
import zlib
from typing import Annotated, Literal, TypedDict

from sftctl.core.tools import Between, Date, Fake, Pick, Size, Time, tool

_KCAL = {
    "almonds": 579, "avocado": 160, "brown rice": 112, "cheddar": 403, "chickpeas": 164, "salmon": 208,
    "tofu": 76, "lentils": 116, "quinoa": 120, "oatmeal": 68, "chicken breast": 165, "sweet potato": 86,
    "Greek yogurt": 59, "hummus": 166, "dark chocolate": 546, "spinach": 23, "peanut butter": 588,
}  # fmt: skip
_GRAMS_PER_CUP = {
    "flour": 120, "white sugar": 200, "brown sugar": 213, "butter": 227, "honey": 340, "milk": 240,
    "rolled oats": 90, "rice": 185, "cocoa powder": 85, "powdered sugar": 114, "almond flour": 96,
    "chocolate chips": 170, "cornmeal": 138, "maple syrup": 312, "chopped walnuts": 113,
}  # fmt: skip
_MILLILITRES = {
    "teaspoons": 4.93, "tablespoons": 14.79, "fluid ounces": 29.57, "cups": 236.6, "pints": 473.2,
    "millilitres": 1.0, "centilitres": 10.0, "decilitres": 100.0, "litres": 1000.0,
}  # fmt: skip
_SWAPS = {
    "butter": "olive oil", "eggs": "ground flaxseed with water", "buttermilk": "milk with lemon juice",
    "heavy cream": "coconut cream", "soy sauce": "coconut aminos", "cornstarch": "arrowroot",
    "baking powder": "baking soda with cream of tartar", "sour cream": "cashew yogurt",
    "wheat flour": "rice flour", "honey": "maple syrup", "milk": "oat milk", "red wine": "pomegranate juice",
    "breadcrumbs": "crushed oats", "Parmesan": "nutritional yeast", "mayonnaise": "mashed avocado",
    "shallots": "red onions",
}  # fmt: skip
_PAIRINGS = {
    "red": ["Pinot Noir", "Chianti", "Malbec", "Syrah", "Rioja"],
    "white": ["Chardonnay", "Riesling", "Sauvignon Blanc", "Pinot Grigio", "Albariño"],
    "rosé": ["Provence rosé", "Tavel", "Cerasuolo"],
    "sparkling": ["Champagne", "Prosecco", "Cava"],
}
_AGEING = {
    "Cabernet Sauvignon": 18, "Merlot": 10, "Pinot Noir": 9, "Riesling": 15, "Chardonnay": 7, "Nebbiolo": 20,
    "Syrah": 12, "Sangiovese": 11, "Tempranillo": 14, "Malbec": 9, "Zinfandel": 6, "Chenin Blanc": 12,
    "Grenache": 8, "Sauvignon Blanc": 3, "Sémillon": 13, "Touriga Nacional": 16,
}  # fmt: skip
_MINUTES_PER_KG = {"chicken": 45, "beef": 40, "pork": 55, "lamb": 50, "turkey": 38, "duck": 60}

Cuisine = Annotated[
    str,
    Pick(
        "Italian", "Mexican", "Thai", "Indian", "Japanese", "Greek", "Korean", "Lebanese", "Ethiopian",
        "French", "Vietnamese", "Spanish", "Peruvian", "Turkish", "Moroccan", "Chinese",
    ),
]  # fmt: skip
Ingredient = Annotated[
    str,
    Pick(
        "chicken", "eggplant", "chickpeas", "mushrooms", "spinach", "shrimp", "potatoes", "tomatoes", "feta",
        "zucchini", "black beans", "salmon", "leeks", "coconut milk", "ground beef", "cauliflower", "basil",
        "eggs",
    ),
]  # fmt: skip
Dish = Annotated[
    str,
    Pick(
        "grilled salmon", "mushroom risotto", "beef stew", "roast duck", "lobster", "spaghetti carbonara",
        "ratatouille", "chicken tikka masala", "goat cheese salad", "paella", "lamb tagine", "sushi",
        "oysters", "pork belly", "pad thai", "steak frites", "cheese fondue",
    ),
]  # fmt: skip
Recipe = Annotated[
    str,
    Pick(
        "lasagna", "chili con carne", "banana bread", "shakshuka", "beef bourguignon", "pumpkin soup",
        "tiramisu", "pancakes", "jambalaya", "apple pie", "moussaka", "ramen", "butter chicken", "gazpacho",
        "carrot cake", "pho",
    ),
]  # fmt: skip
Restaurant = Annotated[
    str,
    Pick(
        "The Copper Pot", "Trattoria Luna", "Bistro Marcel", "Golden Dragon", "Casa Verde", "Sakura House",
        "The Olive Branch", "Blue Lagoon Grill", "Taj Garden", "Smoke & Ember", "Le Petit Jardin",
        "Harbor 21", "El Camino", "The Hungry Fox", "Bella Napoli", "Seoul Kitchen",
    ),
]  # fmt: skip
Wish = Annotated[
    str,
    Pick(
        "a high chair", "a window seat", "a quiet corner", "wheelchair access", "a birthday cake", "a booth",
        "outdoor seating", "a vegan menu", "a private room", "a table near the fireplace",
        "a gluten-free menu",
        "space for a stroller", "a dog-friendly table", "a table on the terrace", "a view of the kitchen",
    ),
]  # fmt: skip


class GroceryItem(TypedDict):
    name: Annotated[
        str,
        Pick(
            "oat milk", "bananas", "olive oil", "eggs", "sourdough bread", "cherry tomatoes", "butter",
            "basmati rice", "coffee beans", "yogurt", "red onions", "frozen peas", "parmesan", "lemons",
            "paper towels", "tortillas",
        ),
    ]  # fmt: skip
    quantity: Annotated[int, Between(1, 8)]


class Address(TypedDict):
    street: Annotated[str, Fake("street_address")]
    city: Annotated[str, Fake("city")]


def _hash(*key: object) -> int:
    """A number that is always the same for the same key."""
    return zlib.crc32(repr(key).encode())


@tool(
    asks=(
        "What can I (cook|make) with {ingredients}[ in {max_minutes} minutes or less]?",
        "(Find|Show) me some[ {cuisine}] recipes[ that use {ingredients}].",
        "[{diet} ]recipes {ingredients}",
        "I've got {ingredients} in the fridge and no ideas. Any[ {cuisine}] dishes I could try?",
        "Dinner needs to be on the table soon[, {max_minutes} minutes at most]. Suggest something[ with "
        "{ingredients}][ that's {diet}].",
        "Kindly search the cookbook for[ {diet}] dishes containing {ingredients}[, with a preparation time "
        "of no more than {max_minutes} minutes].",
        "We had {ingredients} left over from the market[ and we feel like {cuisine} food]. What shall we cook?",
    ),
    answer="You could try one of these recipes: {result}.",
)
def search_recipes(
    ingredients: Annotated[list[Ingredient], Size(1, 4)],
    cuisine: Cuisine | None = None,
    max_minutes: Annotated[int, Between(15, 90)] = 45,
    diet: Literal["vegetarian", "vegan", "gluten-free", "dairy-free", "keto"] | None = None,
) -> list[str]:
    """Search recipes that use the given ingredients.

    Args:
        ingredients: Ingredients that every recipe must contain.
        cuisine: Cuisine, such as "Italian".
        max_minutes: Longest total preparation time in minutes.
        diet: Diet that the recipes must fit.
    """
    if not ingredients:
        raise ValueError("name at least one ingredient")
    kinds = ["salad", "quick stir-fry"] if max_minutes < 30 else ["stew", "bake", "curry"]
    words = [word for word in (diet, cuisine, ingredients[0]) if word]
    return [" ".join([*words, kind]) for kind in kinds]


@tool(
    asks=(
        "My {recipe} recipe serves {serves}[ but I'm having {guests} (people|guests) over]. How do I adjust it?",
        "scale {recipe} from {serves} to {guests} servings",
        "Convert the {recipe}[ from {serves} portions] to {guests} portions[, {round_up:rounding up|without "
        "rounding}].",
        "The book gives {recipe} for {serves}. We are {guests}. By what factor (should|must) I multiply everything?",
        "Please upscale the {recipe}[, written for {serves} diners,] so that it yields enough for {guests} diners.",
        "I'm feeding {guests} this weekend[ and want to do {recipe}][. The original makes {serves} "
        "servings]. How much more of everything do I need?",
    ),
    answer="Multiply every quantity of the {recipe} by {result}.",
)
def scale_recipe(
    recipe: Recipe,
    serves: Annotated[int, Between(2, 4)],
    guests: Annotated[int, Between(5, 24)],
    round_up: bool = False,
) -> float:
    """Give the factor by which to multiply the quantities of a recipe for another number of servings.

    Args:
        recipe: Name of the recipe.
        serves: Number of servings that the recipe makes as written.
        guests: Number of servings wanted.
        round_up: Whether to round the factor up to a multiple of one half.
    """
    if serves <= 0 or guests <= 0:
        raise ValueError("servings must be positive")
    return -(-2 * guests // serves) / 2 if round_up else round(guests / serves, 2)


@tool(
    asks=(
        "(How many|What is that in) {to_unit}: {amount} {from_unit}?",
        "{amount} {from_unit} in {to_unit}",
        "Convert {amount} {from_unit}[ to {to_unit}][, to {decimals} decimals].",
        "The recipe calls for {amount} {from_unit} but I only have a measuring jug marked in {to_unit}. "
        "What's the equivalent?",
        "My grandmother's notes say {amount} {from_unit} of broth. Could you give me that[ in {to_unit}]?",
        "Express a volume of {amount} {from_unit} as {to_unit}[, rounded to {decimals} decimal places].",
    ),
    answer="{amount} {from_unit} are {result} {to_unit}.",
)
def convert_kitchen_volume(
    amount: Annotated[float, Between(1.5, 24)],
    from_unit: Literal["teaspoons", "tablespoons", "fluid ounces", "cups", "pints"],
    to_unit: Literal["millilitres", "centilitres", "decilitres", "litres"],
    decimals: Annotated[int, Between(2, 4)] = 2,
) -> float:
    """Convert a volume from US kitchen measures into metric units.

    Args:
        amount: Volume in the first unit.
        from_unit: US measure to convert from.
        to_unit: Metric unit to convert to.
        decimals: Number of decimals of the result.
    """
    if amount < 0:
        raise ValueError("amount must not be negative")
    return round(amount * _MILLILITRES[from_unit] / _MILLILITRES[to_unit], decimals)


@tool(
    asks=(
        "How much do {cups} cups of {ingredient} weigh?",
        "{cups} cups {ingredient} grams",
        "My scale is metric: what are[ {cups} cups of] {ingredient} in grams[, {packed:packed down|loosely filled}]?",
        "An American cake recipe wants {cups} cups[ of {ingredient}]. How many grams (do I weigh out|is that)?",
        "Tell me the weight of {ingredient}[ filling {cups} cups].",
        "I need to weigh the {ingredient} instead of using cups. It's {cups} cups[, {packed:firmly "
        "packed|not packed}].",
    ),
    answer="{cups} cups of {ingredient} weigh {result} grams.",
)
def cups_to_grams(
    ingredient: Annotated[str, Pick(*_GRAMS_PER_CUP)],
    cups: Annotated[float, Between(1.25, 6, 2)],
    packed: bool = False,
) -> int:
    """Convert US cups of a baking ingredient into its weight in grams.

    Args:
        ingredient: The ingredient, since each has a density of its own.
        cups: Number of US cups.
        packed: Whether the ingredient is pressed into the cup, which adds 15 % weight.
    """
    if cups < 0:
        raise ValueError("cups must not be negative")
    return round(cups * _GRAMS_PER_CUP.get(ingredient.lower(), 150) * (1.15 if packed else 1))


@tool(
    asks=(
        "Where can we (eat|get) {cuisine} food[ in {city}][ with {outdoor:outdoor seating|indoor seating}]?",
        "{cuisine} restaurant {city}",
        "Recommend a place for {cuisine} food[ with {price} prices][ in {city}].",
        "I'll be visiting {city} next week[ and I'm craving {cuisine} dishes]. Where should I go[, something {price}]?",
        "We are looking for {cuisine} dining[ in {city}][, {price} if possible,] for our anniversary.",
        "Please identify restaurants serving {cuisine} cuisine[ in the city of {city}][ with a rating of at "
        "least {min_rating}].",
        "Any spots in {city} that do proper {cuisine} cooking[ and have {min_rating} stars or more]?",
    ),
    answer="Try {name} in {city}, rated {rating}.",
)
def restaurant_finder(
    city: Annotated[str, Fake("city")],
    cuisine: Cuisine,
    price: Literal["cheap", "moderate", "upscale"] = "moderate",
    min_rating: Annotated[float, Between(3.5, 4.8)] = 4.0,
    outdoor: bool = False,
) -> dict[str, str | float]:
    """Find a restaurant in a city by cuisine.

    Args:
        city: City to search in.
        cuisine: Cuisine, such as "Thai".
        price: Price level.
        min_rating: Lowest average rating, from 1 to 5 stars.
        outdoor: Whether guests must be able to sit outdoors.
    """
    if not 1 <= min_rating <= 5:
        raise ValueError("min_rating must lie between 1 and 5")
    key = _hash(city, cuisine, price, outdoor)
    place = ["Garden", "Kitchen", "Corner", "Table", "House"][key % 5]
    return {"name": f"{cuisine} {place}", "rating": round(min_rating + (5 - min_rating) * (key % 10) / 10, 1)}


@tool(
    asks=(
        "(Book|Reserve) a table[ for {party_size}] at {restaurant}[ on {date}][ at {time}].",
        "table {restaurant} {date} {time} {party_size} people",
        "(Can you|Could you) get us in at {restaurant}[ on {date}] at {time}? We're {party_size}[, and we "
        "have this request: {special_request}].",
        "It's our anniversary on {date} and I want to take everyone to {restaurant}[ at {time}]. "
        "{party_size} people in all[, {special_request} please].",
        "I should like to make a reservation for {party_size} persons[ at {restaurant}] for {date}[, "
        "{time}][, under the name {name}].",
        "{party_size} of us want to eat at {restaurant}[ on {date}][, around {time}][. Put it under "
        "{name}][, and ask for {special_request}].",
        "[My name is {name}. ]Please hold {party_size} seats at {restaurant} on {date}[ at {time}].",
    ),
    answer="Your table for {party_size} at {restaurant} on {date} at {time} is booked, reference {result}.",
)
def reserve_table(
    restaurant: Restaurant,
    party_size: Annotated[int, Between(2, 12)],
    date: Date,
    time: Time,
    name: Annotated[str, Fake("last_name")] | None = None,
    special_request: Wish | None = None,
) -> str:
    """Reserve a table at a restaurant.

    Args:
        restaurant: Name of the restaurant.
        party_size: Number of guests.
        date: Day of the visit.
        time: Time of arrival.
        name: Name under which to book.
        special_request: A wish to pass on to the restaurant.
    """
    if party_size < 1:
        raise ValueError("party_size must be at least 1")
    return f"R{_hash(restaurant, party_size, date, time, name, special_request) % 10**5:05d}"


@tool(
    asks=(
        "How many calories (are there|are) in {food}?",
        "nutrition {food}[ {grams} g]",
        "What are the nutritional values of[ {grams} grams of] {food}?",
        "I'm tracking what I eat[ and just had {food}][, about {grams} g]. What's in it?",
        "Please provide energy, protein and fat for {food}[ in a portion of {grams} grams][, {cooked:cooked|raw}].",
        "Is there a lot of energy in {food}? Give me the figures[ for {grams} g].",
        "Look up {food}[, {cooked:cooked|uncooked},] in the food database, I want to know its energy content.",
    ),
    answer="{food} provides {kcal} kcal, {protein_g} g of protein and {fat_g} g of fat in that portion.",
)
def get_nutrition_facts(
    food: Annotated[str, Pick(*_KCAL)],
    grams: Annotated[int, Between(30, 400)] = 100,
    cooked: bool = True,
) -> dict[str, float]:
    """Look up energy, protein and fat of a food.

    Args:
        food: Name of the food.
        grams: Size of the portion in grams.
        cooked: Whether the values are for the cooked food, not the raw one.
    """
    if grams <= 0:
        raise ValueError("grams must be positive")
    share = grams / 100 * (1.0 if cooked else 1.1)
    kcal = _KCAL.get(food, 150)
    return {
        "kcal": round(kcal * share),
        "protein_g": round(kcal * share / 18, 1),
        "fat_g": round(kcal * share / 25, 1),
    }


@tool(
    asks=(
        "(Add|Put) {items} (to|on) my (shopping|grocery) list.",
        "grocery list: {items}",
        "We're out of a few things[, namely {items}]. Write them down[ on the {list_name} list].",
        "I need to buy {items}[, {urgent:urgently|no rush}]. Can you note that[ on my list called {list_name}]?",
        "Kindly enter the following articles into the[ {list_name}] shopping list: {items}.",
        "Before I forget: {items}[. That goes on the {list_name} list][, and it's {urgent:urgent|not urgent}].",
    ),
    answer="The {list} list now holds {pieces} more pieces.",
)
def grocery_list_add(
    items: Annotated[list[GroceryItem], Size(1, 3)],
    list_name: Annotated[
        str,
        Pick(
            "weekly",
            "party",
            "barbecue",
            "camping",
            "Sunday brunch",
            "household",
            "holiday",
            "baking",
            "picnic",
            "birthday",
            "office",
            "farmers market",
            "Thanksgiving",
            "family",
            "bulk",
        ),
    ] = "weekly",
    urgent: bool = False,
) -> dict[str, str | int | bool]:
    """Add items to a grocery list.

    Args:
        items: Articles to buy, each with the number of pieces.
        list_name: Name of the list.
        urgent: Whether the items are marked as urgent.
    """
    if any(item["quantity"] < 1 for item in items):
        raise ValueError("quantities must be positive")
    pieces = sum(item["quantity"] for item in items)
    return {"list": list_name, "added": len(items), "pieces": pieces, "urgent": urgent}


@tool(
    asks=(
        "(What|Which)[ {color}] wine goes (well |)with {dish}?",
        "wine for {dish}[ under {max_price} dollars]",
        "I'm serving {dish} tonight. What should we drink with it[, ideally something {color}]?",
        "Could the sommelier suggest a bottle[ of {color} wine][ to accompany {dish}][, costing no more "
        "than {max_price} dollars]?",
        "My in-laws love {dish} and expect a decent bottle with it[. My budget is {max_price} dollars]. Help!",
        "{dish} for dinner - pick[ a {sweetness} bottle of] wine to match.",
        "Kindly recommend a[ {sweetness}][ {color}] wine to be paired with {dish}.",
    ),
    answer="With {dish}, a bottle of {wine} at {price} dollars would be a good match.",
)
def wine_pairing(
    dish: Dish,
    color: Literal["red", "white", "rosé", "sparkling"] | None = None,
    sweetness: Literal["dry", "semi-dry", "sweet"] = "dry",
    max_price: Annotated[int, Between(12, 80)] | None = None,
) -> dict[str, str | float]:
    """Suggest a wine that goes with a dish.

    Args:
        dish: The dish to be served.
        color: Kind of wine to choose from; any if left out.
        sweetness: How sweet the wine should be.
        max_price: Highest price of the bottle in US dollars.
    """
    key = _hash(dish, sweetness)
    wines = _PAIRINGS[color or ["red", "white", "sparkling"][key % 3]]
    return {"wine": wines[key % len(wines)], "price": round((max_price or 30) * 0.9, 2), "style": sweetness}


@tool(
    asks=(
        "When should I drink[ my {vintage}] {grape}?",
        "{grape} {vintage} drinking window",
        "Is a bottle of {grape} from {vintage} still good[, given {storage} storage]?",
        "I found a bottle[ of {grape}] in the cellar[, vintage {vintage}][, kept under {storage} "
        "conditions]. How long can it wait?",
        "Kindly indicate the years of optimal maturity for {grape}[ of the vintage {vintage}].",
        "Someone gave us {grape}[, {vintage}]. Open it now or (keep it|lay it down)?",
    ),
    answer="The {vintage} {grape} is at its best from {drink_from} to {drink_until}.",
)
def wine_drinking_window(
    grape: Annotated[str, Pick(*_AGEING)],
    vintage: Annotated[int, Between(1998, 2023)],
    storage: Literal["ideal", "average", "poor"] = "average",
) -> dict[str, int]:
    """Give the years in which a wine is at its best.

    Args:
        grape: Grape variety.
        vintage: Year of the harvest.
        storage: Quality of the storage.
    """
    if vintage < 1800:
        raise ValueError("vintage must be a year from 1800 on")
    years = round(_AGEING.get(grape, 8) * {"ideal": 1.25, "average": 1.0, "poor": 0.6}[storage])
    return {"drink_from": vintage + max(1, years // 3), "drink_until": vintage + max(2, years)}


@tool(
    asks=(
        "How long do I roast {meat} of {weight_kg} kg[ at {oven_celsius} degrees]?",
        "roast {meat} {weight_kg} kg[ {doneness}]",
        "I have a roast of {weight_kg} kilos[, it's {meat},] to put in the oven[ and we like it "
        "{doneness}]. How many minutes (does it need|will it take)?",
        "State the cooking time for {meat}[ with a weight of {weight_kg} kg][, oven set to {oven_celsius} °C].",
        "Sunday lunch is {meat} this time[, {weight_kg} kg of it][, preferably {doneness}]. How much oven "
        "time should I plan?",
        "My oven only goes to a fixed heat[ of {oven_celsius} °C]. When will {weight_kg} kg of {meat} be done?",
    ),
    answer="Roast the {meat} for {minutes} minutes, until the core reaches {core_celsius} °C.",
)
def roasting_time(
    meat: Literal["chicken", "beef", "pork", "lamb", "turkey", "duck"],
    weight_kg: Annotated[float, Between(1.2, 6)],
    oven_celsius: Annotated[int, Pick(150, 160, 170, 180, 190, 200, 210, 220)] = 180,
    doneness: Literal["rare", "medium", "well done"] = "medium",
) -> dict[str, int]:
    """Estimate how long to roast a piece of meat in the oven.

    Args:
        meat: Kind of meat.
        weight_kg: Weight in kilograms.
        oven_celsius: Oven temperature in degrees Celsius.
        doneness: How well done the meat should be.
    """
    if weight_kg <= 0 or oven_celsius < 80:
        raise ValueError("weight must be positive and the oven at least at 80 °C")
    factor, core = {"rare": (0.75, 55), "medium": (1.0, 66), "well done": (1.2, 76)}[doneness]
    return {
        "minutes": round(20 + _MINUTES_PER_KG[meat] * weight_kg * factor * 180 / oven_celsius),
        "core_celsius": core,
    }


@tool(
    asks=(
        "(Make|Draw up|Create) a[ {diet}] meal plan[ with {daily_kcal} kcal a day][ for {days} days].",
        "meal plan {diet} {daily_kcal} kcal[ {days} days]",
        "I'm going {diet}[ and my limit is {daily_kcal} calories a day]. What should I eat[ over {days} "
        "days][, leaving out {avoid}]?",
        "Could you plan my {diet} meals[ at {daily_kcal} kcal per day]?[ I eat {meals_per_day} times a day.]",
        "My nutritionist prescribed {daily_kcal} kcal daily on a {diet} diet. Please arrange the meals[, "
        "{meals_per_day} per day][, without {avoid}].",
        "{daily_kcal} calories a day, {diet}[, no {avoid}] - tell me what to cook[ for the next {days} days].",
    ),
    answer="Plan {kcal_per_meal} kcal per meal; the first day brings {first_day}.",
)
def plan_meals(
    diet: Literal["vegetarian", "vegan", "Mediterranean", "low-carb", "high-protein", "pescatarian"],
    daily_kcal: Annotated[int, Pick(1400, 1500, 1600, 1750, 1800, 1900, 2000, 2100, 2200, 2400, 2500, 2800, 3000)],
    days: Annotated[int, Between(3, 14)] = 7,
    meals_per_day: Annotated[int, Between(2, 5)] = 3,
    avoid: Annotated[list[Ingredient], Size(1, 3)] | None = None,
) -> dict[str, int | list[str]]:
    """Draw up a meal plan for a diet and a daily energy target.

    Args:
        diet: Diet that all meals must fit.
        daily_kcal: Energy per day in kilocalories.
        days: Length of the plan in days.
        meals_per_day: Number of meals per day.
        avoid: Ingredients to leave out.
    """
    if min(daily_kcal, days, meals_per_day) < 1:
        raise ValueError("energy, days and meals must be positive")
    dishes = ["porridge", "lentil bowl", "vegetable curry", "bean wrap", "nut salad", "noodle soup"]
    start = _hash(diet, avoid) % len(dishes)
    menu = [f"{diet} {dishes[(start + i) % len(dishes)]}" for i in range(min(meals_per_day, len(dishes)))]
    return {
        "kcal_per_meal": round(daily_kcal / meals_per_day),
        "meals": days * meals_per_day,
        "first_day": menu,
    }


@tool(
    asks=(
        "What can I use instead of {ingredient}[ in {recipe}]?",
        "substitute for {ingredient}[ {reason}]",
        "I've run out of {ingredient} halfway through cooking[ {recipe}]. What (works|could work) as a replacement?",
        "My guest can't have {ingredient}[; it has to be {reason}]. Is there an alternative[ for {recipe}]?",
        "Please name a suitable replacement[ for {ingredient}][ that is {reason}].",
        "No {ingredient} at the shop today. Any swap?",
    ),
    answer="Instead of {ingredient}, use {result}.",
)
def ingredient_substitute(
    ingredient: Annotated[str, Pick(*_SWAPS)],
    recipe: Recipe | None = None,
    reason: Literal["vegan", "gluten-free", "dairy-free", "low-fat", "cheaper"] | None = None,
) -> str:
    """Suggest a replacement for an ingredient.

    Args:
        ingredient: The ingredient to replace.
        recipe: The recipe that it is needed for.
        reason: Property that the replacement must have.
    """
    swap = _SWAPS.get(ingredient, "a similar pantry staple")
    return f"{swap} of a {reason} brand" if reason else swap


@tool(
    asks=(
        "Order {dishes} from {restaurant}[ to {address.street} in {address.city}].",
        "I'm hungry! Get me {dishes}[ from {restaurant}], delivered to {address.street}, {address.city}[, "
        "with a {tip_percent} percent tip].",
        "delivery {restaurant}: {dishes}; {address.street}, {address.city}",
        "We're staying in tonight. Could {restaurant} bring {dishes} over[ to {address.street}, "
        "{address.city}][ and {contactless:leave it at the door|hand it over in person}]?",
        "Please place a delivery order with {restaurant}[ for {dishes}]. Our address is {address.street}, "
        "{address.city}[, and we would like to tip {tip_percent} percent].",
        "{address.street}, {address.city} - that's where I want {dishes} from {restaurant} sent[, "
        "{contactless:contactless|handed to me personally}].",
    ),
    answer="{restaurant} delivers your order in about {eta_minutes} minutes for {total} dollars.",
)
def order_takeaway(
    restaurant: Restaurant,
    dishes: Annotated[list[Dish], Size(1, 3)],
    address: Address,
    tip_percent: Annotated[int, Pick(5, 10, 12, 15, 20)] = 10,
    contactless: bool = False,
) -> dict[str, int | float | str]:
    """Order dishes from a restaurant for delivery.

    Args:
        restaurant: Name of the restaurant.
        dishes: Dishes to order, one portion each.
        address: Street with house number, and city.
        tip_percent: Tip in percent of the price.
        contactless: Whether the courier leaves the food at the door.
    """
    if not dishes or tip_percent < 0:
        raise ValueError("order at least one dish, and tip nothing negative")
    price = sum(9 + _hash(restaurant, dish) % 1200 / 100 for dish in dishes) * (1 + tip_percent / 100)
    handover = "at the door" if contactless else "in person"
    return {"eta_minutes": 25 + _hash(address["street"]) % 30, "total": round(price, 2), "handover": handover}


@tool(
    asks=(
        "What hydration does my dough have with {water_g} g of water[ to {flour_g} g of flour]?",
        "hydration {flour_g} g flour {water_g} g water[ {starter_g} g starter]",
        "I mixed[ {flour_g} grams of flour with] {water_g} grams of water[ and {starter_g} grams of "
        "sourdough starter]. How wet is that in baker's percent?",
        "My loaf came out flat. The dough was {flour_g} g flour[, {water_g} g water][ plus {starter_g} g "
        "starter]. What percentage of water is that?",
        "Compute the baker's hydration[ for {water_g} grams of water] on {flour_g} grams of flour.",
        "{water_g} g of water went into the bowl[ along with {flour_g} g of flour]. Is the dough too sticky "
        "for a baguette? Give me the ratio in percent.",
    ),
    answer="The dough has a hydration of {result} percent.",
)
def calc_dough_hydration(
    flour_g: Annotated[int, Between(400, 1000)],
    water_g: Annotated[int, Between(240, 390)],
    starter_g: Annotated[int, Between(50, 200)] = 0,
) -> float:
    """Calculate the hydration of a bread dough in baker's percent.

    Args:
        flour_g: Weight of the flour in grams.
        water_g: Weight of the water in grams.
        starter_g: Weight of sourdough starter in grams, half flour and half water.
    """
    if flour_g <= 0 or water_g < 0 or starter_g < 0:
        raise ValueError("flour must be positive, water and starter not negative")
    return round(100 * (water_g + starter_g / 2) / (flour_g + starter_g / 2), 1)


@tool(
    asks=(
        "I cooked {recipe} on {cooked_on}. Until when (can I eat it|is it good)?",
        "{recipe} from {cooked_on}[, {place}] - still ok?",
        "How long does {recipe} keep[ in the {place}] if it was made on {cooked_on}?",
        "There are leftovers[ of {recipe}][ in the {place}][, made on {cooked_on}]. When do I have to throw them out?",
        "Kindly determine the last safe day to consume {recipe}[, prepared on {cooked_on}][, stored in the {place}].",
        "What's the use-by date of {recipe}[ made on {cooked_on}][ kept in the {place}]?[ The box is "
        "{sealed:airtight|not airtight}.]",
    ),
    answer="Eat the {recipe} by {result}.",
)
def leftovers_use_by(
    recipe: Recipe,
    cooked_on: Date,
    place: Literal["fridge", "freezer", "pantry"] = "fridge",
    sealed: bool = True,
) -> str:
    """Tell the last day on which leftovers are safe to eat.

    Args:
        recipe: The dish.
        cooked_on: Day on which it was cooked.
        place: Where it is stored.
        sealed: Whether it is stored in an airtight box.
    """
    days = {"fridge": 4, "freezer": 90, "pantry": 1}[place] - (0 if sealed else 1)
    return (dt.date.fromisoformat(cooked_on) + dt.timedelta(days=days)).isoformat()
