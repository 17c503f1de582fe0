"""More entities for composed tools: kitchen, stage, nature, sport and science."""

from sftctl.plugins.toolcall.attributes import (
    CITY,
    COMPANY,
    COUNTRY,
    PERSON,
    choice,
    choices,
    clock,
    count,
    day,
    flag,
    measure,
    money,
    numbers,
    several,
    text,
)
from sftctl.plugins.toolcall.entities import entity

PASTIMES = (
    entity(
        "kitchen", "recipe", "title", "Lentil Soup, Plum Cake, Shakshuka, Miso Eggplant, Peanut Noodles, Beef Stew",
        several("ingredients", "garlic, leek, chickpeas, ginger, feta, walnuts, spinach", "with {}"),
        choice("cuisine", "italian, thai, mexican, ethiopian, turkish, polish", "from {} cuisine"),
        measure("cooking time", 10, 180, "minutes", "that needs {} minutes", 0), count("servings", 2, 12, "for {} people"),
        choices("diets", "vegan, vegetarian, gluten_free, low_carb", "suited to {} diets"), measure("calories", 150, 1200, "kcal", "of {} kcal"),
        flag("spicy", "on the spicy side", "on the mild side"), estimates="cooking time, grocery cost",
    ),
    entity(
        "kitchen", "meal plan", "name", "Marathon Week, Family Basics, Budget January, Green Start",
        count("days", 2, 14, "for {} days"), measure("daily calories", 1200, 3200, "kcal", "at {} kcal a day"), text("person", PERSON, "for {}"),
        several("excluded foods", "nuts, pork, dairy, mushrooms, shellfish", "without {}"), choice("effort", "minimal, moderate, elaborate", "of {} effort"),
        money("weekly budget", 30, 250, "under {} dollars a week"), estimates="grocery cost, protein intake",
    ),
    entity(
        "kitchen", "table booking", "code", "TB-####",
        text("restaurant", "Casa Verde, The Copper Pot, Sakura, Chez Nadia, Old Mill Inn", "at {}"), count("guests", 2, 14, "for {} guests"),
        day("date", "on {}"), clock("time", "at {}"), text("name", PERSON, "under the name {}"), choice("seating", "indoor, terrace, bar, booth", "with {} seating"),
        flag("birthday cake", "with a birthday cake", "without a cake"), estimates="waiting time",
    ),
    entity(
        "music", "playlist", "name", "Rainy Sunday, Deep Focus, Road Trip, Kitchen Disco, Slow Morning",
        choice("genre", "jazz, soul, techno, folk, classical, hip_hop", "of genre {}"), count("songs", 5, 120), measure("length", 20, 300, "minutes", "of {} minutes"),
        several("artists", "Nina Vale, The Lanterns, Kola Trio, Mira Sol, Blue Harvest", "featuring {}"), text("mood", "calm, energetic, melancholic, festive", "for a {} mood"),
        flag("explicit", "including explicit songs", "without explicit songs"), flag("public", "visible to everyone", "visible to me alone"), estimates="download size",
    ),
    entity(
        "music", "concert", "title", "Winter Strings, Brass on the Roof, Night of Voices, Drums by the Lake",
        text("performer", "Nina Vale, The Lanterns, Kola Trio, City Philharmonic", "by {}"), text("city", CITY, "in {}"), day("date", "on {}"),
        money("ticket price", 10, 180, "at {} dollars a ticket"), choice("seating", "standing, seated, mixed", "with a {} audience"), clock("doors open", "with doors opening at {}"),
        estimates="attendance, ticket revenue",
    ),
    entity(
        "media", "podcast episode", "title", "The Lost Harbor, Why We Sleep Badly, A Town Without Cars, Inside the Hive",
        text("host", PERSON, "hosted by {}"), several("guests", PERSON, "with {}"), measure("length", 10, 150, "minutes", "of {} minutes"), day("release date", "released on {}"),
        choice("topic", "science, politics, history, sports, business", "about {}"), measure("season", 2, 9, "", "from season {}"), flag("transcript", "with a transcript", "without a transcript"), estimates="listeners",
    ),
    entity(
        "media", "movie", "title", "The Glass Orchard, Midnight Ferry, Seven Winters, Paper Wolves",
        text("director", PERSON, "directed by {}"), choice("genre", "drama, comedy, thriller, animation, documentary", "of genre {}"), measure("release year", 1950, 2025, "", "from {}"),
        measure("running time", 70, 200, "minutes", "running {} minutes"), measure("age rating", 6, 18, "", "rated for age {}"), several("cast members", PERSON, "starring {}"),
        flag("subtitles", "with subtitles", "without subtitles"), estimates="box office",
    ),
    entity(
        "media", "photo album", "name", "Summer 2025, Grandma's 80th, Iceland Trip, First Steps",
        text("place", CITY, "from {}"), count("photos", 8, 600), several("people", PERSON, "showing {}"), choice("resolution", "original, high, medium, low", "in {} resolution"),
        flag("shared", "shared with others", "kept private"), day("date taken", "taken on {}"), estimates="printing cost, storage size",
    ),
    entity(
        "museum", "painting", "title", "Woman at the Well, Storm over Calais, Red Barn, Still Life with Quinces",
        text("artist", "Elsa Brandt, Matteo Ricci, Yuki Arai, Paul Sorel", "by {}"), measure("year", 1650, 1990, "", "from {}"), choice("technique", "oil, watercolor, tempera, acrylic, fresco", "in {}"),
        text("gallery", "Room 4, East Wing, Depot, Upper Hall", "hanging in {}"), money("insured value", 2000, 900000, "insured for {} dollars"), measure("width", 20, 400, "cm", "{} cm wide", 1),
        flag("on loan", "currently on loan", "in the house"), estimates="market value, restoration cost",
    ),
    entity(
        "museum", "guided tour", "name", "Old Masters, Behind the Scenes, Kids' Treasure Hunt, Night Walk",
        text("guide", PERSON, "led by {}"), choice("language", "english, french, japanese, german", "in {}"), day("date", "on {}"), clock("start time", "at {}"),
        count("participants", 4, 40, "for {} participants"), money("ticket price", 4, 45, "at {} dollars each"), flag("wheelchair access", "suited to wheelchairs", "not suited to wheelchairs"), estimates="duration, revenue",
    ),
    entity(
        "astronomy", "telescope observation", "id", "OBS-#####",
        text("target", "Vega, M31, Saturn, the Orion Nebula, Kepler-22b, M13", "of {}"), text("telescope", "North Dome, Skyeye 2, Meridian, La Silla 1.5m", "with {}"), day("night", "on the night of {}"),
        measure("exposure", 5, 900, "seconds", "with an exposure of {} seconds"), choice("filter", "clear, red, green, blue, h_alpha", "through the {} filter"), measure("seeing", 0.4, 3, "arcseconds", "with a seeing of {} arcseconds", 1),
        numbers("magnitudes", 3, 16, "with magnitudes {}", 1), estimates="exposure time, signal strength",
    ),
    entity(
        "astronomy", "exoplanet", "name", "Kepler-22b, TRAPPIST-1e, HD 40307g, Gliese 667Cc, LHS 1140b",
        measure("orbital period", 2, 400, "days", "with a period of {} days", 1), measure("mass", 0.3, 12, "Earth masses", "of {} Earth masses", 1), measure("distance", 4, 1500, "light years", "{} light years away"),
        choice("discovery method", "transit, radial_velocity, imaging, microlensing", "found by {}"), measure("discovery year", 1995, 2025, "", "found in {}"), flag("habitable zone", "in the habitable zone", "outside the habitable zone"), estimates="surface temperature, gravity",
    ),
    entity(
        "lab", "lab sample", "barcode", "S########",
        text("material", "groundwater, blood serum, topsoil, steel alloy, sea ice", "of {}"), measure("volume", 1, 500, "ml", "of {} ml", 1), text("freezer", "F2, F7, Cryo A, Cold Room", "stored in {}"), day("collection date", "collected on {}"),
        choices("requested tests", "ph, heavy_metals, nitrates, density", "to be tested for {}"), text("technician", PERSON, "handled by {}"), flag("hazardous", "labelled hazardous", "labelled harmless"), estimates="analysis time, shelf life",
    ),
    entity(
        "lab", "experiment", "code", "E-###-??",
        text("lead", PERSON, "led by {}"), measure("temperature", 4, 180, "degrees Celsius", "at {} degrees Celsius", 1), count("repetitions", 2, 50), choice("stage", "planned, running, finished, aborted", "at stage {}"),
        several("instruments", "centrifuge, spectrometer, microscope, incubator", "using {}"), numbers("concentrations", 1, 40, "at concentrations of {} percent", 1), day("start date", "starting on {}"), estimates="running time, reagent cost",
    ),
    entity(
        "farm", "crop field", "name", "North Forty, Creek Bend, Hilltop, Orchard Side, Long Acre",
        choice("crop", "wheat, maize, soy, potatoes, rapeseed, barley", "planted with {}"), measure("area", 2, 300, "hectares", "of {} hectares", 1), day("sowing date", "sown on {}"), measure("soil moisture", 5, 60, "percent", "with a soil moisture of {} percent"),
        flag("organic", "farmed organically", "farmed conventionally"), choice("irrigation", "none, drip, sprinkler, flood", "with irrigation of type {}"), estimates="yield, water need, fertilizer need",
    ),
    entity(
        "farm", "beehive", "number", "H-##",
        text("queen", "Beatrix, Cleo, Victoria, Amber", "with queen {}"), measure("honey stock", 2, 40, "kg", "holding {} kg of honey", 1), count("frames", 4, 20), choice("temper", "gentle, nervous, aggressive", "of {} temper"),
        day("last check", "last checked on {}"), text("location", "orchard, meadow, rooftop, forest edge", "at the {}"), flag("mites found", "with mites", "free of mites"), estimates="honey yield, sugar need",
    ),
    entity(
        "garden", "garden bed", "name", "Herb Spiral, Back Fence, Raised Bed 2, Rose Corner",
        several("plants", "basil, tomatoes, lavender, kale, strawberries, dahlias", "with {}"), measure("length", 1, 12, "meters", "{} meters long", 1), choice("light", "full_sun, half_shade, shade", "in {}"), measure("soil pH", 5, 8, "", "with a pH of {}", 1),
        day("planting date", "planted on {}"), flag("mulched", "covered with mulch", "without mulch"), estimates="water need, harvest date",
    ),
    entity(
        "sports", "match", "number", "M-###",
        text("home team", "River City, Northside, Eagles, Lions, Harbor FC", "with {} at home"), text("opponent", "Union, Rovers, Falcons, Bears, Athletic", "against {}"), day("date", "on {}"), clock("kickoff", "kicking off at {}"),
        text("venue", "Oak Park, National Arena, Lakeside, Court 3", "at {}"), choice("competition", "league, cup, friendly, playoff", "of type {}"), text("referee", PERSON, "refereed by {}"), estimates="attendance, winning chance", plural="matches",
    ),
    entity(
        "sports", "workout", "number", "W-####",
        text("athlete", PERSON, "of {}"), choice("sport", "running, cycling, rowing, swimming, climbing", "in {}"), measure("distance", 1, 120, "km", "over {} km", 1), measure("duration", 15, 240, "minutes", "lasting {} minutes"),
        measure("average heart rate", 95, 180, "bpm", "at {} bpm"), day("date", "on {}"), numbers("lap times", 50, 400, "with laps of {} seconds"), flag("indoor", "done indoors", "done outdoors"), estimates="calories burned, recovery time",
    ),
    entity(
        "sports", "chess game", "id", "G-#####",
        text("white player", PERSON, "with {} playing white"), text("black player", PERSON, "with {} playing black"), text("opening", "Italian Game, French Defence, Slav, King's Indian, Caro-Kann", "with the {}"), count("moves", 12, 90, "over {} moves"),
        choice("result", "white_wins, black_wins, draw", "with the result {}"), choice("pace", "bullet, blitz, rapid, classical", "at {} pace"), day("date", "played on {}"), estimates="rating change",
    ),
    entity(
        "nature", "hiking trail", "name", "Eagle Ridge, Fern Valley, Coast Path, Three Lakes, Old Miners' Way",
        measure("length", 2, 40, "km", "of {} km", 1), measure("ascent", 50, 2000, "meters", "climbing {} meters"), choice("difficulty", "easy, moderate, hard, expert", "of {} difficulty"), text("region", "the Dolomites, Snowdonia, the Tatras, Big Sur, the Azores", "in {}"),
        flag("dogs allowed", "open to dogs", "closed to dogs"), several("sights", "waterfall, ruins, hut, viewpoint, gorge", "with {}"), choices("seasons", "spring, summer, autumn, winter", "for {}"), estimates="walking time, crowding",
    ),
    entity(
        "nature", "bird sighting", "id", "BS-####",
        text("species", "kingfisher, osprey, barn owl, puffin, hoopoe", "of a {}"), text("observer", PERSON, "by {}"), text("place", "Mill Pond, Grey Cliffs, Salt Marsh, City Park", "at {}"), day("date", "on {}"), clock("time", "at {}"),
        count("birds", 2, 80, "of {} birds"), choice("certainty", "certain, probable, doubtful", "that is {}"),
    ),
    entity(
        "nature", "weather station", "name", "Summit, Airport 2, Lighthouse, Valley Floor, Dam",
        text("country", COUNTRY, "in {}"), measure("altitude", 5, 3500, "meters", "at {} meters"), choices("sensors", "wind, rain, pressure, radiation, humidity", "measuring {}"), measure("reporting interval", 5, 60, "minutes", "reporting every {} minutes"),
        flag("online", "now online", "now offline"), text("maker", COMPANY, "built by {}"), estimates="battery life, maintenance cost",
    ),
    entity(
        "home", "smart lamp", "name", "Hallway, Reading Corner, Porch, Desk, Nursery",
        text("room", "living room, attic, kitchen, hallway, garage", "in the {}"), measure("brightness", 5, 100, "percent", "at {} percent brightness"), choice("color", "warm_white, cold_white, red, blue, green", "set to {}"), clock("switch-off time", "switching off at {}"),
        choices("active days", "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday", "active on {}"), flag("motion sensor", "with a motion sensor", "without a motion sensor"), estimates="power use, lifetime",
    ),
    entity(
        "home", "chore", "name", "Vacuum the stairs, Water the ferns, Clean the gutters, Defrost the freezer",
        text("person", PERSON, "for {}"), choice("rhythm", "daily, weekly, monthly, yearly", "with {} rhythm"), measure("effort", 5, 120, "minutes", "that takes {} minutes"), text("room", "kitchen, bathroom, attic, yard", "in the {}"), day("due date", "due on {}"),
        count("points", 2, 20, "worth {} points"),
    ),
    entity(
        "fashion", "sewing pattern", "code", "SP-####",
        text("garment", "wrap dress, kids' parka, linen trousers, tote bag", "for a {}"), choices("sizes", "XS, S, M, L, XL", "in {}"), measure("fabric", 0.5, 5, "meters", "needing {} meters of fabric", 1), choice("skill level", "beginner, intermediate, advanced", "for {} sewers"),
        text("designer", PERSON, "by {}"), money("price", 4, 40, "at {} dollars", 2), flag("printable", "to print at home", "on paper only"), estimates="sewing time, fabric cost",
    ),
)  # fmt: skip
