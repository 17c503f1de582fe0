"""Games: sports results and statistics, leagues and players, board, card, dice and video games."""

import math
import zlib
from collections import Counter
from typing import Annotated, Literal, TypedDict

from sftctl.core.tools import Between, Date, DateTime, Pick, Size, tool

_RANKS = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "jack",
    "queen",
    "king",
    "ace",
]
_SUITS = ["clubs", "diamonds", "hearts", "spades"]
_TILE_POINTS = {
    letter: points
    for points, letters in {
        1: "aeilnorstu",
        2: "dg",
        3: "bcmp",
        4: "fhvwy",
        5: "k",
        8: "jx",
        10: "qz",
    }.items()
    for letter in letters
}
_BOARD_GAMES = [
    ("Pandemic", 2, 4, 45, True), ("Catan", 3, 4, 90, False), ("Codenames", 4, 8, 20, False),
    ("Forbidden Island", 2, 4, 30, True), ("7 Wonders", 3, 7, 40, False), ("The Mind", 2, 4, 20, True),
    ("Ticket to Ride", 2, 5, 60, False), ("Just One", 3, 8, 20, True), ("Azul", 2, 4, 40, False),
    ("Mysterium", 2, 7, 45, True), ("Carcassonne", 2, 5, 40, False), ("Dixit", 3, 8, 30, False),
]  # fmt: skip

Club = Annotated[
    str,
    Pick(
        "Arsenal", "Liverpool", "Manchester City", "Chelsea", "Tottenham", "Newcastle United", "Aston Villa",
        "Everton", "Real Madrid", "Barcelona", "Valencia", "Sevilla", "Bayern Munich", "Borussia Dortmund",
        "Juventus", "Inter Milan", "Napoli", "Ajax", "Benfica", "Celtic",
    ),
]  # fmt: skip
HomeTeam = Annotated[
    str,
    Pick(
        "Boston Celtics", "Los Angeles Lakers", "Chicago Bulls", "Miami Heat", "Golden State Warriors",
        "Denver Nuggets", "New York Knicks", "Toronto Raptors", "Cleveland Cavaliers", "Indiana Pacers",
        "Orlando Magic", "Memphis Grizzlies", "Sacramento Kings", "Houston Rockets", "Atlanta Hawks",
    ),
]  # fmt: skip
AwayTeam = Annotated[
    str,
    Pick(
        "Phoenix Suns", "Milwaukee Bucks", "Philadelphia 76ers", "Dallas Mavericks", "San Antonio Spurs",
        "Brooklyn Nets", "Detroit Pistons", "Charlotte Hornets", "Washington Wizards", "New Orleans Pelicans",
        "Oklahoma City Thunder", "Minnesota Timberwolves", "Utah Jazz", "Portland Trail Blazers",
        "Los Angeles Clippers",
    ),
]  # fmt: skip
Player = Annotated[
    str,
    Pick(
        "LeBron James", "Stephen Curry", "Nikola Jokic", "Kevin Durant", "Giannis Antetokounmpo",
        "Luka Doncic", "Jayson Tatum", "Joel Embiid", "Damian Lillard", "Kawhi Leonard", "Jimmy Butler",
        "Devin Booker", "Anthony Davis", "James Harden", "Kyrie Irving", "Chris Paul", "Rudy Gobert",
    ),
]  # fmt: skip
VideoGame = Annotated[
    str,
    Pick(
        "Elden Ring", "Hades", "Stardew Valley", "Cyberpunk 2077", "Hollow Knight", "Celeste",
        "Baldur's Gate 3", "Red Dead Redemption 2", "Disco Elysium", "The Witcher 3", "Portal 2", "Terraria",
        "Dead Cells", "Control", "Civilization VI", "Cuphead", "Outer Wilds",
    ),
]  # fmt: skip
Card = Annotated[str, Pick(*(f"{rank} of {suit}" for suit in _SUITS for rank in _RANKS))]


class LineupEntry(TypedDict):
    player: Annotated[
        str,
        Pick(
            "Haaland", "Salah", "Saka", "Kane", "Bellingham", "Vinicius", "Rice", "Foden", "Palmer", "Isak",
            "Odegaard", "Lewandowski", "Griezmann", "Musiala", "Osimhen", "Son",
        ),
    ]  # fmt: skip
    goals: Annotated[int, Between(0, 4)]
    assists: Annotated[int, Between(0, 3)]


class MatchSettings(TypedDict):
    map: Annotated[
        str,
        Pick(
            "Frozen Harbor", "Dust Canyon", "Neon City", "Sunken Temple", "Old Quarry", "Skyline",
            "Red Desert", "Misty Swamp", "Orbital Station", "Castle Ruins", "Volcano Bay", "Ghost Town",
            "Pine Valley", "The Docks", "Crystal Cave",
        ),
    ]  # fmt: skip
    max_players: Annotated[int, Between(4, 64)]
    mode: Literal["deathmatch", "capture the flag", "co-op", "battle royale", "free build"]


def _hash(*key: object) -> int:
    """A number that is always the same for the same key."""
    return zlib.crc32(repr(key).encode())


@tool(
    asks=(
        "Where (are|do) {club} (in the table|stand in the league)[ in the {season} season]?",
        "{club} league position[ {season}]",
        "How many points did {club} have[ in {season}]?",
        "My dad swears that {club} are having a terrible year. What place are they in[ after matchday {matchday}]?",
        "I'd like to know the rank of {club} in the table[ after round {matchday}][ of the {season} season].",
        "Kindly state the current standing[ of {club}][ as of matchday {matchday}].",
        "Check the league table for me, how is {club} doing[ in season {season}]?",
    ),
    answer="{club} are in position {position} with {points} points.",
)
def league_standing(
    club: Club,
    season: Annotated[int, Between(2010, 2024)] = 2024,
    matchday: Annotated[int, Between(5, 34)] = 34,
) -> dict[str, int]:
    """Look up a football club's place and points in its national league.

    Args:
        club: Name of the club.
        season: Year in which the season began.
        matchday: Matchday after which the table is taken.
    """
    if not 1 <= matchday <= 38:
        raise ValueError("matchday must lie between 1 and 38")
    position = _hash(club, season, matchday) % 20 + 1
    return {"position": position, "points": round(matchday * (2.4 - position * 0.09))}


@tool(
    asks=(
        "(Who are|Which are) the next {count} opponents of {club}[ in the {competition}]?",
        "{club} next {count} games",
        "List the next {count} matches of {club}[, {home_only:home games only|home and away}].",
        "I want to buy tickets[ for {club}]. Which {count} games are coming up[ in the {competition}]?",
        "Could you show me the schedule of {club}[ for the next {count} fixtures][ in the {competition}]?",
        "What's ahead for {club}? Give me {count} opponents[, {home_only:just those they host|no matter where}].",
        "Please provide the upcoming fixtures of {club}[, limited to {count} entries].",
    ),
    answer="{club} will meet {result}.",
)
def upcoming_fixtures(
    club: Club,
    count: Annotated[int, Between(2, 6)],
    competition: Literal["league", "national cup", "Champions League", "Europa League"] = "league",
    home_only: bool = False,
) -> list[str]:
    """List the opponents that a football club meets in its next matches.

    Args:
        club: Name of the club.
        count: Number of matches to list.
        competition: Competition that the matches belong to.
        home_only: Whether to list home matches only.
    """
    if count < 1:
        raise ValueError("count must be at least 1")
    pool = ["Leicester", "Porto", "Monaco", "Atalanta", "Villarreal", "Feyenoord", "Lazio", "Fulham"]
    start = _hash(club, competition, home_only) % len(pool)
    return [pool[(start + i) % len(pool)] for i in range(min(count, len(pool)))]


@tool(
    asks=(
        "How did the {away} do[ at the {home}][ on {date}]?",
        "{away} at {home} score[ {date}]",
        "Did the {home} beat the {away}[ on {date}]?",
        "I missed the game of the {away}[ at the {home}]. How did it (end|go)?[ Count {overtime:overtime "
        "too|regulation time only}.]",
        "Please report the result of the match[ of {date}] in which the {home} played at home[ against the {away}].",
        "Who won, the {home} or the {away}?[ I mean the game on {date}.]",
        "My buddy bet on the {away} in their away game[ at the {home}]. Tell me how it turned out.",
    ),
    answer="The {home} scored {home_points} and the {away} scored {away_points}.",
)
def get_final_score(home: HomeTeam, away: AwayTeam, date: Date | None = None, overtime: bool = True) -> dict[str, int]:
    """Get the score of a finished game between two basketball teams.

    Args:
        home: Home team.
        away: Visiting team.
        date: Day of the game; their latest game if left out.
        overtime: Whether points scored in overtime count.
    """
    if home == away:
        raise ValueError("a team does not play against itself")
    key = _hash(home, away, date)
    return {"home_points": 80 + key % 45 + (4 if overtime else 0), "away_points": 80 + key // 64 % 45}


@tool(
    asks=(
        "What were the {stats} of {player}[ in {season}][ {per_game:per game|in total}]?",
        "{player} {season} {stats}",
        "How did {player} do in the {season} season? I'm interested in {stats}[, {per_game:averages per "
        "game|season totals}].",
        "For my fantasy draft I need {stats} of {player}[ from the {season} season].",
        "Pull up {season} numbers for {player}[: {stats}].",
        "Kindly give the {stats}[ that {player} recorded][ during the {season} season][, {per_game:as an "
        "average per game|summed up}].",
    ),
    answer="The {season} numbers of {player} are {result}.",
)
def player_season_stats(
    player: Player,
    season: Annotated[int, Between(2018, 2024)],
    stats: Annotated[list[Literal["points", "rebounds", "assists", "steals", "blocks"]], Size(1, 3)],
    per_game: bool = True,
) -> list[str]:
    """Get chosen statistics of a basketball player for one season.

    Args:
        player: Full name of the player.
        season: Year in which the season ended.
        stats: The statistics wanted.
        per_game: Whether to give averages per game, not totals.
    """
    if not stats:
        raise ValueError("name at least one statistic")
    base = {"points": 27, "rebounds": 9, "assists": 7, "steals": 2, "blocks": 2}
    values = {stat: round(base[stat] * (0.6 + _hash(player, season, stat) % 50 / 100), 1) for stat in stats}
    return [f"{value if per_game else round(value * 70)} {stat}" for stat, value in values.items()]


@tool(
    asks=(
        "How many {stat} does {player} have in his (whole |entire |)career[, {playoffs:playoffs "
        "included|without the playoffs}]?",
        "{player} career {stat}",
        "Since joining the league, how many {stat} has {player} collected?",
        "We're settling a bet: all-time {stat} of {player}[, {playoffs:counting the playoffs|regular season only}]?",
        "State the total number of {stat}[ by {player}] over all seasons.",
        "Is {player} anywhere near the record? Show his lifetime numbers[ of {stat}][ "
        "{playoffs:with|without} playoff games].",
    ),
    answer="{player} has {result} career {stat}.",
)
def player_career_totals(
    player: Player,
    stat: Literal["points", "rebounds", "assists", "steals", "blocks", "games"],
    playoffs: bool = False,
) -> int:
    """Get the career total of one statistic of a basketball player.

    Args:
        player: Full name of the player.
        stat: The statistic to total.
        playoffs: Whether playoff games count, besides the regular season.
    """
    base = {"points": 18000, "rebounds": 6000, "assists": 5000, "steals": 1100, "blocks": 700, "games": 800}[stat]
    return round(base * (0.5 + _hash(player, stat) % 100 / 100) * (1.12 if playoffs else 1))


@tool(
    asks=(
        "What are the odds of rolling[ {exact:exactly|at least}] {target} with {dice} dice of {sides} sides?",
        "{dice}d{sides} sum {target} probability",
        "I'm rolling {dice} dice[ with {sides} sides each][ and want to get {target} together]. (How likely "
        "is that|What's my chance)?",
        "In our board game I must throw {target} or better with {sides}-sided dice[, and I have {dice} of "
        "them]. Will I make it?",
        "Find the probability that {dice} dice numbered from 1 to {sides} sum to {target}[, {exact:not a "
        "point more|or higher}].",
        "The dragon only falls if[ {dice}] dice with {sides} faces show {target}[ {exact:on the nose|or "
        "more}] in sum. How probable is that?",
    ),
    answer="The chance is {percent} percent.",
)
def dice_sum_odds(
    dice: Annotated[int, Between(2, 5)],
    sides: Annotated[int, Pick(4, 6, 8, 10, 12, 20)],
    target: Annotated[int, Between(6, 20)],
    exact: bool = False,
) -> dict[str, float]:
    """Compute the probability that several dice reach a sum.

    Args:
        dice: Number of dice.
        sides: Number of sides of each die.
        target: Sum to reach.
        exact: Whether the sum must be hit exactly, not reached or passed.
    """
    if not (1 <= dice <= 20 and 2 <= sides <= 100):
        raise ValueError("use 1 to 20 dice of 2 to 100 sides")
    ways = Counter({0: 1})
    for _ in range(dice):
        ways = sum((Counter({s + face: n for s, n in ways.items()}) for face in range(1, sides + 1)), Counter())
    hits = ways[target] if exact else sum(n for s, n in ways.items() if s >= target)
    return {"percent": round(100 * hits / sides**dice, 2)}


@tool(
    asks=(
        "What (poker |)hand do I have with {cards}?",
        "poker: {cards}",
        "I'm holding {cards}. (Is that any good|How good is that)?",
        "(Evaluate|Rate) this poker hand please[: {cards}].",
        "The river is out and my best five are {cards}. What do I call?",
        "Name the ranking category of the five-card hand[ made up of {cards}].",
        "She laid down {cards} - what is that called?",
    ),
    answer="That hand is {result}.",
)
def rank_poker_hand(cards: Annotated[list[Card], Size(5, 5)]) -> str:
    """Name the poker category of a five-card hand.

    Args:
        cards: The five cards, each as in "queen of hearts".
    """
    if len(cards) != 5:
        raise ValueError("a hand has five cards")
    ranks, suits = zip(*(card.lower().split(" of ") for card in cards), strict=True)
    counts = sorted(Counter(ranks).values(), reverse=True)
    places = sorted(_RANKS.index(rank) for rank in ranks)
    straight = len(set(places)) == 5 and (places[4] - places[0] == 4 or places == [0, 1, 2, 3, 12])
    if straight or len(set(suits)) == 1:
        return "a straight flush" if straight and len(set(suits)) == 1 else "a straight" if straight else "a flush"
    names = {(4, 1): "four of a kind", (3, 2): "a full house", (3, 1): "three of a kind", (2, 2): "two pair"}
    return names.get((counts[0], sum(counts[1:2])), "one pair" if counts[0] == 2 else "high card")


@tool(
    asks=(
        "Should I hit or stand[ on {hand_total}] against a dealer card of {dealer_card}?",
        "blackjack {hand_total} vs {dealer_card}",
        "I've got {hand_total}[ and the dealer shows {dealer_card}]. What's the right move[ with {soft:a "
        "soft|a hard} hand]?",
        "We're at the blackjack table. Dealer's upcard: {dealer_card}[. My total: {hand_total}]. What (now|do I do)?",
        "According to basic strategy, what is the correct action for a total of {hand_total}[ facing "
        "{dealer_card}][ when doubling is {can_double:allowed|not allowed}]?",
        "My cards add up to {hand_total}[ and it's {soft:soft|hard}], dealer has {dealer_card}. Advise me.",
    ),
    answer="With {hand_total} against {dealer_card}, you should {result}.",
)
def blackjack_move(
    hand_total: Annotated[int, Between(12, 20)],
    dealer_card: Annotated[str, Pick("2", "3", "4", "5", "6", "7", "8", "9", "10", "jack", "queen", "king", "ace")],
    soft: bool = False,
    can_double: bool = True,
) -> str:
    """Give the basic-strategy move for a blackjack hand.

    Args:
        hand_total: Total of the player's cards.
        dealer_card: The dealer's face-up card: a number from 2 to 10, or jack, queen, king or ace.
        soft: Whether an ace in the hand counts as 11.
        can_double: Whether doubling down is allowed.
    """
    if not 4 <= hand_total <= 21:
        raise ValueError("hand_total must lie between 4 and 21")
    weak = dealer_card in ("2", "3", "4", "5", "6")
    if soft:
        return "double down" if hand_total < 19 and weak and can_double else "stand" if hand_total > 17 else "hit"
    return "stand" if hand_total >= 17 or (hand_total > 11 and weak) else "hit"


@tool(
    asks=(
        "My (chess |)rating is {rating}. What happens to it after a {outcome}[ against someone rated "
        "{opponent_rating}]?",
        "elo {rating} vs {opponent_rating} {outcome}",
        "I'm rated {rating}[ and just played someone with {opponent_rating}].[ The game was a {outcome} for "
        "me.] New rating[ with K {k_factor}]?",
        "Compute the new Elo rating of a player[ at {rating}] after a {outcome} against an opponent at "
        "{opponent_rating}[, using a K-factor of {k_factor}].",
        "A {outcome} in the club championship today[, my opponent has {opponent_rating}]. I had {rating} "
        "before - what do I have now?",
        "How many rating points does a {outcome} change if I have {rating} and my opponent "
        "{opponent_rating}[, at K equal to {k_factor}]?",
    ),
    answer="Your rating goes from {rating} to {new_rating}, a change of {change} points.",
)
def elo_change(
    rating: Annotated[int, Between(900, 2500)],
    opponent_rating: Annotated[int, Between(900, 2500)],
    outcome: Literal["win", "draw", "loss"],
    k_factor: Annotated[int, Pick(10, 16, 24, 32, 40)] = 20,
) -> dict[str, int]:
    """Compute a player's Elo rating after one game.

    Args:
        rating: The player's rating before the game.
        opponent_rating: The opponent's rating before the game.
        outcome: Outcome of the game for the player.
        k_factor: Largest possible change of the rating.
    """
    if k_factor <= 0:
        raise ValueError("k_factor must be positive")
    expected = 1 / (1 + 10 ** ((opponent_rating - rating) / 400))
    change = round(k_factor * ({"win": 1.0, "draw": 0.5, "loss": 0.0}[outcome] - expected))
    return {"new_rating": rating + change, "change": change}


@tool(
    asks=(
        "How many points is {word} worth in (Scrabble|a word game)[ with a word multiplier of {word_multiplier}]?",
        "scrabble score {word}",
        "I can lay {word}[ and it covers a square with word value times {word_multiplier}]. What do I (get|score)?",
        "Grandma played {word}[, {all_tiles:using all her seven tiles|not using all her tiles}]. Count the "
        "points, please.",
        "Please calculate the tile score[ of the word {word}][, multiplied by {word_multiplier}].",
        "Is {word} a good play? Tell me its value[ times {word_multiplier}][, {all_tiles:bonus for seven "
        "tiles included|no bonus}].",
    ),
    answer="The word {word} scores {result} points.",
)
def word_tile_score(
    word: Annotated[
        str,
        Pick(
            "quartz", "jukebox", "zephyr", "oxygen", "whisky", "puzzle", "fjord", "rhythm", "banjo", "voyage",
            "kayak", "lantern", "squeeze", "wizard", "chrome", "pirate", "galaxy", "javelin", "mystic",
            "onyx",
        ),
    ],
    word_multiplier: Literal[1, 2, 3] = 1,
    all_tiles: bool = False,
) -> int:  # fmt: skip
    """Score a word laid in a crossword board game with letter tiles.

    Args:
        word: The word.
        word_multiplier: Factor of the premium square for the whole word.
        all_tiles: Whether all seven tiles of the rack were used, which adds 50 points.
    """
    if not word.isalpha():
        raise ValueError("a word holds letters only")
    return sum(_TILE_POINTS.get(letter, 0) for letter in word.lower()) * word_multiplier + (50 if all_tiles else 0)


@tool(
    asks=(
        "Which board game can {players} people play[ in under {max_minutes} minutes]?",
        "board game {players} players[ {max_minutes} min]",
        "We're {players} tonight and have {max_minutes} minutes to kill. Suggest a game[, "
        "{cooperative:where we play together|where we compete}].",
        "Game night is on and we have only {max_minutes} minutes[; there will be {players} of us]. What "
        "should we play?",
        "Recommend a tabletop game[ for a group of {players}] that takes no longer than {max_minutes} minutes.",
        "[{players} players, ]{max_minutes} minutes[, {cooperative:cooperative|competitive}] - what do we "
        "put on the table?",
    ),
    answer="{title} would suit your group and takes about {minutes} minutes.",
)
def suggest_board_game(
    players: Annotated[int, Between(2, 7)],
    max_minutes: Annotated[int, Pick(20, 30, 40, 45, 60, 75, 90, 120)],
    cooperative: bool | None = None,
) -> dict[str, str | int]:
    """Suggest a board game that fits the size of a group and the time it has.

    Args:
        players: Number of players.
        max_minutes: Longest playing time in minutes.
        cooperative: Whether to play together, not against each other; any game if left out.
    """
    if players < 2:
        raise ValueError("at least two players are needed")
    for title, fewest, most, minutes, together in _BOARD_GAMES:
        if fewest <= players <= most and minutes <= max_minutes and cooperative in (None, together):
            return {"title": title, "minutes": minutes}
    return {"title": "Charades", "minutes": min(20, max_minutes)}


@tool(
    asks=(
        "(Set up|Create) a tournament called {title}[ with {teams}].",
        "new bracket {title}: {teams}[, {bracket}]",
        "We want to hold a tournament[, the {title},] with {teams}[, as a {bracket} event]. Can you draw the pairings?",
        "I'm organizing the {title}[ starting on {start_date}]. The teams are {teams}. Make me a schedule.",
        "Kindly generate the fixtures of the {title}[ for the participants {teams}][, mode {bracket}].",
        "{teams} have signed up for the {title}[, first round on {start_date}]. Who plays whom?",
    ),
    answer="The {title} is set up with {matches} matches, beginning with {first_match}.",
)
def create_tournament_bracket(
    title: Annotated[
        str,
        Pick(
            "Summer Cup", "Office Ping-Pong Open", "Winter Classic", "Neighborhood League",
            "Charity Shootout", "Dorm Smash Night", "Spring Invitational", "Founders Trophy",
            "Midnight Masters", "Harbor Games", "Alumni Cup", "Lakeside Challenge", "City Finals",
            "Rookie Rumble", "Golden Paddle",
        ),
    ],
    teams: Annotated[
        list[
            Annotated[
                str,
                Pick(
                    "Red Dragons", "Blue Sharks", "Night Owls", "Iron Bears", "Golden Eagles", "Thunder Cats",
                    "Sand Vipers", "Polar Wolves", "Fire Ants", "River Otters", "Space Cadets",
                    "Storm Riders", "Jade Tigers", "Silent Ninjas", "Rocket Raccoons", "Lucky Clovers",
                ),
            ]
        ],
        Size(3, 5),
    ],
    bracket: Literal["single elimination", "double elimination", "round robin"] = "single elimination",
    start_date: Date | None = None,
) -> dict[str, int | str]:  # fmt: skip
    """Create a tournament and pair its teams.

    Args:
        title: Name of the tournament.
        teams: Names of the teams, in order of seeding.
        bracket: Mode of the tournament.
        start_date: Day of the first round.
    """
    if len(teams) < 2:
        raise ValueError("a tournament needs at least two teams")
    n = len(teams)
    matches = {"single elimination": n - 1, "double elimination": 2 * n - 2, "round robin": math.comb(n, 2)}[bracket]
    return {
        "matches": matches,
        "first_match": f"{teams[0]} against {teams[-1]}",
        "start": start_date or "open",
    }


@tool(
    asks=(
        "How many fantasy points did I get[ from {lineup}][ with {captain} as captain]?",
        "fantasy points: {lineup}",
        "(Add|Total) up my fantasy score for {lineup}[; my captain is {captain}].",
        "What a weekend! My lineup: {lineup}[. Captain {captain} counts double]. What's my total?",
        "Please compute the points of the following lineup[: {lineup}][, {points_per_goal} points per goal].",
        "In our league a goal gives[ {points_per_goal}] points[ and the captain, {captain}, doubles]. How "
        "much do I have[ with {lineup}]?",
    ),
    answer="Your lineup earned {result} fantasy points.",
)
def fantasy_points_total(
    lineup: Annotated[list[LineupEntry], Size(1, 3)],
    captain: Annotated[str, Pick("Haaland", "Salah", "Saka", "Kane", "Bellingham", "Vinicius", "Palmer")] | None = None,
    points_per_goal: Annotated[int, Between(3, 6)] = 4,
) -> int:
    """Total the fantasy football points of a lineup; an assist gives 3 points.

    Args:
        lineup: The players with their goals and assists of the round.
        captain: Player whose points count double.
        points_per_goal: Points given for each goal.
    """
    if any(min(entry["goals"], entry["assists"]) < 0 for entry in lineup):
        raise ValueError("goals and assists must not be negative")
    return sum(
        (entry["goals"] * points_per_goal + entry["assists"] * 3) * (2 if entry["player"] == captain else 1)
        for entry in lineup
    )


@tool(
    asks=(
        "How much is {title}[ on {platform}][ in {currency}]?",
        "{title} {platform} price[ {currency}]",
        "I'm thinking of buying {title} for my {platform}. What does it cost (right now|at the moment)[, "
        "{with_dlc:with all the add-ons|just the base game}]?",
        "Can I get {title} cheap[ on the {platform}]? Quote me the price[ in {currency}].",
        "Kindly indicate the retail price[ of {title}] for the {platform} platform[, {with_dlc:add-ons "
        "included|without add-ons}].",
        "My nephew plays on {platform} and wants {title} for his birthday. How much will I pay[ in {currency}]?",
    ),
    answer="{title} for {platform} costs {price} {currency}.",
)
def video_game_price(
    title: VideoGame,
    platform: Literal["PC", "PlayStation 5", "Xbox Series X", "Nintendo Switch"],
    currency: Literal["USD", "EUR", "GBP", "CAD"] = "USD",
    with_dlc: bool = False,
) -> dict[str, float | str]:
    """Look up the shop price of a video game on a platform.

    Args:
        title: Title of the game.
        platform: Platform to buy it for.
        currency: Currency of the price.
        with_dlc: Whether to include all add-ons.
    """
    usd = 14.99 + _hash(title, platform) % 10 * 5 + (19.99 if with_dlc else 0)
    rate = {"USD": 1.0, "EUR": 0.92, "GBP": 0.79, "CAD": 1.36}[currency]
    return {"price": round(usd * rate, 2), "currency": currency}


@tool(
    asks=(
        "What's the passer rating of a quarterback with {completions} completions[ in {attempts} "
        "attempts][, {yards} yards][, {touchdowns} touchdowns] and {interceptions} interceptions?",
        "passer rating {completions}/{attempts}, {yards} yds, {touchdowns} TD, {interceptions} INT",
        "Our QB threw for {yards} yards and {touchdowns} touchdowns[, completing {completions}][ of "
        "{attempts} passes][, with {interceptions} picks]. How does that rate?",
        "Rate this game: {attempts} passes thrown, {completions} caught[, {yards} yards gained][, "
        "{touchdowns} for a touchdown][, {interceptions} intercepted].",
        "Please compute the quarterback rating[ from {attempts} attempts], {completions} completions, "
        "{yards} passing yards[, {touchdowns} touchdown passes] and {interceptions} interceptions.",
        "He went {completions} for {attempts} last night[ and gained {yards} yards][; touchdowns: "
        "{touchdowns}][; interceptions: {interceptions}]. I'd like the official rating.",
    ),
    answer="The passer rating is {result}.",
)
def passer_rating_nfl(
    attempts: Annotated[int, Between(27, 48)],
    completions: Annotated[int, Between(12, 26)],
    yards: Annotated[int, Between(140, 420)],
    touchdowns: Annotated[int, Between(2, 5)],
    interceptions: Annotated[int, Between(0, 4)],
) -> float:
    """Compute the NFL passer rating of a quarterback.

    Args:
        attempts: Passes thrown.
        completions: Passes caught.
        yards: Passing yards.
        touchdowns: Touchdown passes.
        interceptions: Passes intercepted.
    """
    if attempts <= 0 or completions > attempts:
        raise ValueError("attempts must be positive and at least as many as completions")
    parts = (
        (completions / attempts - 0.3) * 5,
        (yards / attempts - 3) * 0.25,
        touchdowns / attempts * 20,
        2.375 - interceptions / attempts * 25,
    )
    return round(sum(min(2.375, max(0.0, part)) for part in parts) / 6 * 100, 1)


@tool(
    asks=(
        "Host a {settings.mode} match of {game} on {settings.map}[ for up to {settings.max_players} "
        "players][ with the password {password}].",
        "{game} server: {settings.map}, {settings.mode}, {settings.max_players} slots[, opens {opens_at}]",
        "I want to play {game} with my clan. Open a server[ on the map {settings.map}] for "
        "{settings.max_players} players in {settings.mode} mode[, protected by {password}].",
        "(Can you|Could you) set up a lobby for {game}[ at {opens_at}]? Map {settings.map}, mode "
        "{settings.mode}, {settings.max_players} players at most.",
        "Please start a game server[ for {game}] with the map {settings.map}, a limit of "
        "{settings.max_players} players and the mode {settings.mode}[, available from {opens_at}].",
        "{settings.max_players} of us want to play {settings.mode} in {game}[, {settings.map} is the map we "
        "like]. Get it running[, password {password}].",
    ),
    answer="The {game} server is up under {address}, join code {join_code}.",
)
def host_game_server(
    game: Annotated[
        str,
        Pick(
            "Valheim", "Rust", "Minecraft", "Counter-Strike 2", "ARK", "Team Fortress 2", "Quake",
            "Halo Infinite", "Palworld", "Unreal Tournament", "Garry's Mod", "Battlefield 2042", "Factorio",
            "Left 4 Dead 2", "DayZ",
        ),
    ],
    settings: MatchSettings,
    password: Annotated[
        str,
        Pick(
            "dragonfly", "moonlight42", "opensesame", "tango7", "bluefox", "pineapple", "xray99", "letmein",
            "sunrise", "nightshift", "marble", "rocket88", "thunderbolt", "cobra11", "waffles",
        ),
    ] | None = None,
    opens_at: DateTime | None = None,
) -> dict[str, str]:  # fmt: skip
    """Start a multiplayer server for a video game.

    Args:
        game: Title of the game.
        settings: Map, largest number of players and mode of the match.
        password: Password that players must enter; none if left out.
        opens_at: Date and time at which the server opens; at once if left out.
    """
    if settings["max_players"] < 2:
        raise ValueError("a multiplayer server needs at least two players")
    key = _hash(game, settings["map"], settings["mode"], password, opens_at)
    return {"address": f"play-{key % 90 + 10}.example.net", "join_code": f"{key % 16**5:05X}"}
