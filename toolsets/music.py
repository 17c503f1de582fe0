"""Music: songs, playlists, lyrics, concerts, chords, scales, tempo and lessons."""

import zlib
from typing import Annotated, Any, Literal, TypedDict

from sftctl.core.tools import Between, Date, Fake, Pick, Size, Time, tool

_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLATS = {"Db": "C#", "Eb": "D#", "Gb": "F#", "Ab": "G#", "Bb": "A#"}
_ARTISTS = (
    "Taylor Swift", "Coldplay", "Miles Davis", "Beyonce", "Radiohead", "Daft Punk", "Nina Simone",
    "Metallica", "Bob Marley", "Adele", "Kendrick Lamar", "Bjork", "Johnny Cash", "Rosalia", "Queen",
    "Billie Eilish", "Fleetwood Mac", "Stromae", "Arctic Monkeys", "Norah Jones", "Rammstein",
    "Ella Fitzgerald", "Bad Bunny",
)  # fmt: skip
_SONGS = (
    "Yesterday", "Hallelujah", "Imagine", "Fast Car", "Jolene", "Wonderwall", "Feeling Good", "Summertime",
    "Dancing Queen", "Hotel California", "Purple Rain", "Africa", "Landslide", "Redemption Song", "Creep",
    "Stand by Me", "Take On Me", "Dreams", "Autumn Leaves", "Blackbird", "Bohemian Rhapsody",
    "La Vie en Rose",
)  # fmt: skip
_TITLES = (
    "Paper Lanterns", "Midnight Harbor", "Silver Lines", "Run to the Water", "Slow Dancer", "Glass Houses",
    "Heartbeat", "Northern Lights", "Gold Dust", "Stay", "Home", "Fire", "Runaway", "Ghost Town", "Angel",
    "Breathe", "Higher Ground", "Crazy", "Wild Horses", "Satellite",
)  # fmt: skip
_VENUES = (
    "Red Rocks", "Madison Square Garden", "the O2 Arena", "the Blue Note", "Wembley Stadium", "the Fillmore",
    "Carnegie Hall", "the Hollywood Bowl", "Paradiso", "the Ryman Auditorium", "Royal Albert Hall",
    "the Olympia", "Waldbuehne", "the Sydney Opera House", "Massey Hall", "the Greek Theatre",
)  # fmt: skip
_CHORDS = (
    "C",
    "Am",
    "F",
    "G",
    "Dm",
    "Em",
    "D",
    "A",
    "E",
    "Bm",
    "G7",
    "E7",
    "A7",
    "F#m",
    "Cmaj7",
    "Bb",
    "C#m",
    "Gm",
)
_INSTRUMENTS = (
    "piano", "violin", "guitar", "cello", "flute", "drums", "saxophone", "ukulele", "trumpet", "clarinet",
    "harp", "double bass", "accordion", "banjo", "viola", "oboe",
)  # fmt: skip

Artist = Annotated[str, Pick(*_ARTISTS)]
Song = Annotated[str, Pick(*_SONGS)]
Title = Annotated[str, Pick(*_TITLES)]
Key = Annotated[str, Pick("C", "D", "E", "F", "G", "A", "B", "Bb", "Eb", "Ab", "F#", "Db")]
Bpm = Annotated[int, Between(56, 184)]


class Seats(TypedDict):
    section: Annotated[str, Pick("A", "B", "C", "D", "F", "K", "101", "112", "204", "floor", "balcony", "mezzanine")]
    row: Annotated[int, Between(1, 30)]
    count: Annotated[int, Between(2, 6)]


def _stable(low: int, high: int, *parts: object) -> int:
    """A whole number from `low` to `high` that depends on `parts` alone."""
    return low + zlib.crc32("|".join(str(part).lower() for part in parts).encode()) % (high - low + 1)


def _shift(note: str, semitones: int) -> str:
    """`note` moved by `semitones`, spelled with sharps."""
    name = _FLATS.get(note, note)
    if name not in _NOTES:
        raise ValueError(f"unknown note '{note}'")
    return _NOTES[(_NOTES.index(name) + semitones) % 12]


def _shift_chord(chord: str, semitones: int) -> str:
    root = chord[:2] if chord[1:2] in ("#", "b") else chord[:1]
    return _shift(root, semitones) + chord[len(root) :]


@tool(
    asks=(
        "(Play|Put on) {title}[ by {artist}][ (on|in) the {speaker}].",
        "(I want|I'd love) to hear {title}[, the one by {artist}][, {shuffle_after:then shuffle similar "
        "songs|and stop after that}].",
        "play a song[, {title}][ - {artist}]",
        "I'm in the mood for (something good|music). (How about|Could you start) {title}[ by {artist}]?",
        "Please begin playback of the (track|song)[ {title}][ via the {speaker}].",
        "{title} now[, {speaker}][, volume {volume}]",
        "My friends are here, so turn the music on[: {title}][ at volume {volume}].",
    ),
    answer="Now playing {title}.",
)
def play_song(
    title: Title,
    artist: Artist | None = None,
    speaker: Annotated[
        str,
        Pick(
            "kitchen speaker",
            "living room speaker",
            "headphones",
            "car stereo",
            "bedroom speaker",
            "soundbar",
        ),
    ] = "headphones",
    volume: Annotated[int, Between(10, 90)] = 40,
    shuffle_after: bool = False,
) -> dict[str, Any]:
    """Start playing a song right away.

    Args:
        title: Title of the song.
        artist: Performer, if several songs share the title.
        speaker: Device to play on.
        volume: Volume in percent.
        shuffle_after: Whether to go on with similar songs afterwards.
    """
    if not 0 <= volume <= 100:
        raise ValueError("volume must be from 0 to 100")
    return {"playing": title, "artist": artist or "unknown artist", "speaker": speaker, "volume": volume}


@tool(
    asks=(
        "(Queue|Line up) {title}[ by {artist}][, {play_next:right after this song|at the end}].",
        "After this one I('d like| want) to hear (something else|another song)[, {title}][ by {artist}].",
        "add to queue[ {title}][ {play_next:next|last}]",
        "Don't interrupt what's on, but put {title} in the queue.",
        "Kindly append the track[ {title}] to the (current|present) queue[, {play_next:playing it next|as "
        "the last entry}].",
        "When the current song is over, {title}[ by {artist}] would be nice.",
    ),
    answer="{title} is number {position} in the queue.",
)
def queue_track(title: Title, artist: Artist | None = None, play_next: bool = False) -> dict[str, Any]:
    """Add a song to the queue without interrupting the one that is playing.

    Args:
        title: Title of the song.
        artist: Performer, if several songs share the title.
        play_next: Whether it comes directly after the current song instead of last.
    """
    return {"position": 1 if play_next else _stable(2, 15, title), "artist": artist or "unknown artist"}


@tool(
    asks=(
        "(Create|Make) a playlist (called|named) {name} with {songs}[, {public:visible to everyone|private}].",
        "I('d like| want) a new playlist[ named {name}] (containing|that has) {songs}[, mood {mood}].",
        "new playlist {name}: {songs}[ {public:public|private}]",
        "We're driving to the coast tomorrow, I need a list of tracks for it.[ Call it {name}.][ Put in {songs}.]",
        "Please compile the following songs[ into a playlist titled {name}]: {songs}.",
        "(Can you|Could you) group {songs} together[ as {name}][ and {public:share it publicly|keep it to myself}]?",
    ),
    answer="The playlist {name} now has {track_count} songs.",
)
def create_playlist(
    name: Annotated[
        str,
        Pick(
            "Road Trip", "Sunday Morning", "Gym Mix", "Rainy Day", "Dinner Party", "Deep Focus", "Throwback",
            "Beach", "Night Drive", "Study Hall", "Wedding Dance", "Cooking Tunes", "Campfire", "Wind Down",
            "Running Fast",
        ),
    ],
    songs: Annotated[list[Song], Size(2, 5)],
    public: bool = False,
    mood: Literal["happy", "calm", "sad", "energetic", "romantic"] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Create a playlist from a list of songs.

    Args:
        name: Name of the playlist.
        songs: Titles of the songs, in order.
        public: Whether others can see the playlist.
        mood: Mood tag of the playlist.
    """
    if not songs:
        raise ValueError("songs must not be empty")
    return {
        "playlist_id": f"pl{_stable(1000, 9999, name)}",
        "track_count": len(songs),
        "public": public,
        "mood": mood,
    }


@tool(
    asks=(
        "(Show|Give) me the lyrics (of|to) {song}[ in {language}].",
        "What are the words to (the song |){song}?",
        "lyrics {song}[ {language}]",
        "I want to sing (along|it) at karaoke tonight. (Can you pull up|Where do I find) the (text|words)[ "
        "of {song}][, {timestamps:with timestamps|without timestamps}]?",
        "Please retrieve the song text[ of {song}][, translated into {language}].",
        "how does the second verse go[ in {song}]? (show|print) the whole text",
    ),
    answer="I found the lyrics of {song}: {verses} verses in {language}.",
)
def get_lyrics(
    song: Song,
    language: Literal["English", "Spanish", "French", "German", "Japanese"] = "English",
    timestamps: bool = False,
) -> dict[str, Any]:
    """Get the lyrics of a song whose title is known.

    Args:
        song: Title of the song.
        language: Language to show the lyrics in.
        timestamps: Whether to add the time at which each line is sung.
    """
    return {"song": song, "verses": _stable(2, 5, song), "language": language, "timestamps": timestamps}


@tool(
    asks=(
        'What song (goes|has the line) "{snippet}"?',
        '(Which|What) song is that?[ It goes "{snippet}".][ I think it\'s from the {decade}s.]',
        'song with words "{snippet}"[, {decade}s]',
        "I've had a tune stuck in my head all day and don't know the name.[ The chorus says "
        '"{snippet}".][ It\'s {genre} music.]',
        'Please identify the (composition|song)[ containing the words "{snippet}"].',
        '"{snippet}" - who sings that and what\'s it called?[ Sounds like {genre}.]',
    ),
    answer="That is {title} by {artist}.",
)
def identify_song_from_words(
    snippet: Annotated[
        str,
        Pick(
            "we were dancing on the roof", "carry me back to the river",
            "the lights of the city are calling", "I left my heart by the door",
            "nobody knows my name tonight", "hold the line until morning",
            "the summer never ends in your eyes", "take the long way down", "every road is a song",
            "oh mother I'm coming home", "the radio plays for two", "tell the moon I said hello",
            "shake it till the sun comes up", "we built a castle out of sand", "a thousand miles of rain",
        ),
    ],
    genre: Literal["pop", "rock", "country", "soul", "rap"] | None = None,
    decade: Annotated[int, Pick(1960, 1970, 1980, 1990, 2000, 2010)] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Find out which song a remembered line belongs to.

    Args:
        snippet: Some words of the song.
        genre: Genre of the song.
        decade: First year of the decade in which it came out, such as 1980.
    """
    pick = _stable(0, 10**6, snippet, genre, decade)
    return {"title": _TITLES[pick % len(_TITLES)], "artist": _ARTISTS[pick % len(_ARTISTS)]}


@tool(
    asks=(
        "When is {artist} (playing|on stage) in {city}?",
        "(Are there any|Do you know of any) concerts[ by {artist}] in {city}[ after {after}][ for under "
        "{max_price} dollars]?",
        "{artist} live {city}[ from {after}]",
        "I('m going to be| will be) in {city} for work. Any chance to see a show[ by {artist}] there[, "
        "tickets up to {max_price} dollars]?",
        "Please list the upcoming performances[ of {artist}][ in {city}][ from {after} on].",
        "My sister is a huge fan of {artist}. Any gigs (coming up|soon)[ in {city}][ at {max_price} dollars at most]?",
    ),
    answer="{artist} plays at {venue} in {city}, with tickets from ${ticket_price}.",
)
def find_concerts(
    artist: Artist,
    city: Annotated[str, Fake("city")],
    after: Date | None = None,
    max_price: Annotated[float, Pick(40.0, 60.0, 75.0, 90.0, 120.0, 150.0, 200.0)] | None = None,
) -> dict[str, Any]:
    """Search for upcoming concerts of an artist in a city.

    Args:
        artist: Performer.
        city: City of the concert.
        after: Earliest day (YYYY-MM-DD).
        max_price: Highest ticket price in dollars.
    """
    price = min(_stable(35, 180, artist, city), max_price or 999)
    return {"venue": _VENUES[_stable(0, len(_VENUES) - 1, artist, city, after)], "ticket_price": price}


@tool(
    asks=(
        "(Get|Book) me seats for {artist} at {venue} on {show_date}: section {seats.section}, row "
        "{seats.row}, {seats.count} tickets.",
        "I want to go to the {artist} (show|concert)[ at {venue}][ on {show_date}]. {seats.count} seats in "
        "section {seats.section}, row {seats.row} please.",
        "{seats.count} tix {artist} {venue} {show_date}, sec {seats.section} row {seats.row}[, {delivery} tickets]",
        "We're (surprising|treating) our dad. Reserve (us some|the) seats[, {seats.count} in section "
        "{seats.section}, row {seats.row},] for {artist} on {show_date} at {venue}.",
        "Kindly reserve {seats.count} places in section {seats.section}, row {seats.row}, for the "
        "performance of {artist}[ at {venue}][ on {show_date}][ as {delivery} tickets].",
        "{artist} is at {venue} on {show_date}!! Buy tickets before they're gone[, {seats.count} in row "
        "{seats.row} of section {seats.section}].",
    ),
    answer="Booked for {artist} on {show_date} for ${total}; your code is {confirmation}.",
)
def book_concert_tickets(
    artist: Artist,
    venue: Annotated[str, Pick(*_VENUES)],
    show_date: Date,
    seats: Seats,
    delivery: Literal["mobile", "printed"] = "mobile",
) -> dict[str, Any]:
    """Buy tickets for a particular concert.

    Args:
        artist: Performer.
        venue: Concert hall or stadium.
        show_date: Day of the concert (YYYY-MM-DD).
        seats: Section, row and number of seats.
        delivery: Form in which the tickets are delivered.
    """
    if seats["count"] < 1:
        raise ValueError("count must be at least 1")
    price = _stable(35, 180, artist, venue)
    return {"confirmation": f"TX{_stable(10000, 99999, artist, show_date)}", "total": price * seats["count"]}


@tool(
    asks=(
        "Transpose {chords} (by|up) {semitones} semitones.",
        "(My song|The song) goes {chords}. What are the chords {semitones} semitones higher?",
        "{chords} +{semitones}",
        "Our singer can't reach that low. We (play|have) a progression[ of {chords}] and should move it up "
        "{semitones} half steps.",
        "Please raise (the|this) chord progression[ {chords}][ by {semitones} half tones][, writing the "
        "result with {spelling}].",
        "The chart says {chords}. I need it in a higher key[, {semitones} semitones up][, spelled with {spelling}].",
    ),
    answer="The transposed chords are {result}.",
)
def transpose_chords(
    chords: Annotated[list[Annotated[str, Pick(*_CHORDS)]], Size(3, 5)],
    semitones: Annotated[int, Between(2, 9)],
    spelling: Literal["sharps", "flats"] = "sharps",
) -> list[str]:
    """Shift a chord progression by a number of semitones.

    Args:
        chords: Chord symbols in order, such as Am or G7.
        semitones: Semitones to shift by; negative numbers shift down.
        spelling: Whether black keys are written with sharps or with flats.
    """
    moved = [_shift_chord(chord, semitones) for chord in chords]
    if spelling == "flats":
        for flat, sharp in _FLATS.items():
            moved = [flat + chord[2:] if chord.startswith(sharp) else chord for chord in moved]
    return moved


@tool(
    asks=(
        "Where do I put the capo to play a song in {song_key} with {shape_key} (shapes|chords)?",
        "The recording is in (the key of |){song_key}, but I only know the chord shapes[ of {shape_key}]. Which fret?",
        "capo {shape_key} shapes, sounds {song_key}",
        "My band plays it in {song_key}. I('d rather| want to) finger it[ as if in {shape_key}] on my "
        "guitar, so (what capo position|where does the capo go)?",
        "Please determine the capo fret[ for a piece sounding in {song_key}][ if fingered in {shape_key}].",
        "Beginner here, capo question! Song key {song_key}, easy shapes in {shape_key}.",
    ),
    answer="Put the capo on fret {result} and play {shape_key} shapes.",
)
def guitar_capo_fret(song_key: Key, shape_key: Key) -> int:
    """Find the fret for a capo so that easy chord shapes sound in another key.

    Args:
        song_key: Key in which the song should sound.
        shape_key: Key whose chord shapes the guitarist fingers.
    """
    return (_NOTES.index(_shift(song_key, 0)) - _NOTES.index(_shift(shape_key, 0))) % 12


@tool(
    asks=(
        "(What|Which) notes are in (the|a) {root} {quality} chord[, inversion {inversion}]?",
        "Spell {root} {quality} for me[ in inversion {inversion}].",
        "{root} {quality} chord notes",
        "I('m learning| am learning) the piano. Which keys do I press for a chord[ rooted on {root}], type {quality}?",
        "Please enumerate the tones of the[ {quality}] chord built on {root}[, using inversion {inversion}].",
        "chord[ on {root}], {quality}, what is it made of",
    ),
    answer="{root} {quality} consists of {result}.",
)
def chord_notes(
    root: Key,
    quality: Literal["major", "minor", "diminished", "augmented", "dominant seventh", "major seventh"],
    inversion: Annotated[int, Between(1, 2)] = 0,
) -> list[str]:
    """List the notes that make up a chord.

    Args:
        root: Root note of the chord.
        quality: Kind of chord.
        inversion: 0 for root position, 1 for first and 2 for second inversion.
    """
    steps = {
        "major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6), "augmented": (0, 4, 8),
        "dominant seventh": (0, 4, 7, 10), "major seventh": (0, 4, 7, 11),
    }[quality]  # fmt: skip
    if not 0 <= inversion <= 2:
        raise ValueError("inversion must be 0, 1 or 2")
    return [_shift(root, step) for step in steps[inversion:] + steps[:inversion]]


@tool(
    asks=(
        "(What|Which) notes does the {tonic} {mode} scale have?",
        "I want to (improvise|solo) over a backing track[ in {tonic}]. Give me the {mode} scale[, "
        "{descending:descending|ascending}].",
        "scale[ {tonic}] {mode}[ {descending:down|up}]",
        "Please write out the[ {mode}] scale starting on {tonic}[ in {descending:descending|ascending} order].",
        "For tomorrow's theory test: which tones belong to (a|the) scale[ on {tonic}][ in the {mode} mode]?",
        "{mode} scale from {tonic}, note by note please",
    ),
    answer="The {tonic} {mode} scale is {result}.",
)
def scale_tones(
    tonic: Key,
    mode: Literal["major", "natural minor", "dorian", "mixolydian", "lydian", "phrygian"],
    descending: bool = False,
) -> list[str]:
    """List the seven notes of a scale.

    Args:
        tonic: First note of the scale.
        mode: Kind of scale.
        descending: Whether to list the notes from high to low.
    """
    shift = {"major": 0, "natural minor": 5, "dorian": 1, "mixolydian": 4, "lydian": 3, "phrygian": 2}[mode]
    steps = (2, 2, 1, 2, 2, 2, 1) * 2
    tones = [_shift(tonic, sum(steps[shift : shift + degree])) for degree in range(7)]
    return tones[::-1] if descending else tones


@tool(
    asks=(
        "(What|Which) delay time (matches|fits) {note_value} notes at {bpm} bpm?",
        "How long in milliseconds is a (single |)note[ at {bpm} beats per minute][, the type being {note_value}]?",
        "{bpm} bpm {note_value} delay ms[ {dotted:dotted|straight}]",
        "I'm mixing a track and want the echo to sync to it.[ It runs at {bpm} bpm.] Set it to {note_value} "
        "notes[, {dotted:dotted|not dotted}].",
        "Please convert (the|my) tempo[ of {bpm} beats per minute] to the duration of one {note_value} note.",
        "My delay pedal only takes ms. Song tempo {bpm}[, I want {note_value} notes][, {dotted:dotted|undotted}].",
    ),
    answer="At {bpm} bpm that is {result} milliseconds.",
)
def bpm_to_delay_ms(
    bpm: Bpm, note_value: Literal["whole", "half", "quarter", "eighth", "sixteenth"], dotted: bool = False
) -> float:
    """Convert a tempo to the length of a note in milliseconds.

    Args:
        bpm: Tempo in quarter notes per minute.
        note_value: Length of the note.
        dotted: Whether the note is dotted, that is half as long again.
    """
    if bpm <= 0:
        raise ValueError("bpm must be greater than zero")
    quarters = {"whole": 4, "half": 2, "quarter": 1, "eighth": 0.5, "sixteenth": 0.25}[note_value]
    return round(60000 / bpm * quarters * (1.5 if dotted else 1), 1)


@tool(
    asks=(
        "How long is a piece of {bars} bars at {bpm} bpm[ with {beats_per_bar} beats per bar]?",
        "My (track|song) has {bars} measures[ and runs at {bpm} bpm]. How many seconds does it last[ if "
        "every bar has {beats_per_bar} beats]?",
        "length: {bars} bars, {bpm} bpm[, {beats_per_bar}/bar][, repeated {repeats} times]",
        "(We've got|There is) a slot on the radio and I need to know the running time.[ The tempo is "
        "{bpm}.] The score has {bars} bars[ and we play it {repeats} times].",
        "Please calculate the duration of a composition[ of {bars} measures][ at a tempo of {bpm}].",
        "{bpm} beats a minute[, {bars} bars]. Total time?",
    ),
    answer="The piece lasts {seconds} seconds, or {minutes} minutes.",
)
def piece_duration(
    bars: Annotated[int, Between(8, 180)],
    bpm: Bpm,
    beats_per_bar: Annotated[int, Between(2, 7)] = 4,
    repeats: Annotated[int, Between(2, 4)] = 1,
) -> dict[str, float]:
    """Calculate the running time of a piece from its bars and tempo.

    Args:
        bars: Number of bars.
        bpm: Tempo in beats per minute.
        beats_per_bar: Beats in each bar.
        repeats: How often the whole piece is played.
    """
    if min(bars, bpm, beats_per_bar, repeats) <= 0:
        raise ValueError("all arguments must be greater than zero")
    seconds = bars * beats_per_bar * repeats * 60 / bpm
    return {"seconds": round(seconds, 1), "minutes": round(seconds / 60, 2)}


@tool(
    asks=(
        "What('s| is) the frequency of {note} in octave {octave}?",
        "How many hertz is (the note |){note}[, octave {octave}][, with A tuned to {tuning} Hz]?",
        "{note}{octave} in Hz[ @ A={tuning}]",
        "I'm building a synth and need the pitch[ of {note}], octave {octave}, in hertz[ with a reference "
        "pitch of {tuning} hertz].",
        "Please state the frequency corresponding to the tone {note}[ in the octave numbered {octave}][ at "
        "concert pitch {tuning} Hz].",
        "which Hz should the tuner show for {note}[ in octave {octave}]",
    ),
    answer="{note}{octave} has a frequency of {result} Hz.",
)
def note_frequency_hz(
    note: Key,
    octave: Annotated[int, Between(1, 7)],
    tuning: Annotated[float, Pick(415.0, 432.0, 442.0, 443.0)] = 440.0,
) -> float:
    """Compute the frequency of a note in equal temperament.

    Args:
        note: Name of the note, such as F# or Bb.
        octave: Octave in scientific pitch notation; middle C is in octave 4.
        tuning: Frequency in hertz to which A4 is tuned.
    """
    distance = _NOTES.index(_shift(note, 0)) - 9 + 12 * (octave - 4)
    return round(tuning * 2 ** (distance / 12), 2)


@tool(
    asks=(
        "(Who|Which band) sounds like {artist}?",
        "I (love|can't stop listening to) {artist}. (Who else|What other artists) would I like[, {limit} "
        "names please]?",
        "similar to {artist}[, {genre}][, max {limit}]",
        "I've worn out all the albums I own[ by {artist}] and need new music in that style[, preferably {genre}].",
        "Please suggest (performers|musicians) comparable to (my favorite one|the one I like)[, {artist}][, "
        "limited to {limit} suggestions].",
        "something like {artist} but (different|new)[, {limit} options][, more {genre}]",
    ),
    answer="If you like {artist}, try {result}.",
)
def similar_artists(
    artist: Artist,
    limit: Annotated[int, Between(2, 8)] = 3,
    genre: Literal["pop", "rock", "jazz", "hip hop", "electronic", "folk"] | None = None,
) -> list[str]:
    """Recommend artists whose music resembles that of a given one.

    Args:
        artist: Artist the listener likes.
        limit: Number of recommendations.
        genre: Genre the recommendations should belong to.
    """
    others = [name for name in _ARTISTS if name != artist]
    start = _stable(0, len(others) - 1, artist, genre)
    return [others[(start + index) % len(others)] for index in range(max(1, min(limit, len(others))))]


@tool(
    asks=(
        "(Book|Arrange) {instrument} class time for {student} on {lesson_date} at {start_time}.",
        "I'm looking for {instrument} lessons for my kid[, {student}].[ {lesson_date} would suit us.][ We "
        "could start at {start_time}.]",
        "lesson {student} {instrument} {lesson_date} {start_time}[ {minutes} min]",
        "{student} wants to learn the {instrument}. (Please arrange|We should set up) a class[ on "
        "{lesson_date}][ at {start_time}][, level {level}].",
        "Please reserve tuition[ for {student}] in playing the {instrument}[, commencing at {start_time}][ "
        "on {lesson_date}][, {minutes} minutes].",
        "(someone|a teacher) for {instrument}[ to teach {student}][ on {lesson_date}] at {start_time}[, "
        "{level} level][, {minutes} minutes]",
    ),
    answer="{student} meets {teacher} for {instrument} on {lesson_date} at {start_time}.",
)
def music_lesson_booking(
    student: Annotated[str, Fake("first_name")],
    instrument: Annotated[str, Pick(*_INSTRUMENTS)],
    lesson_date: Date,
    start_time: Time,
    minutes: Annotated[int, Pick(20, 40, 45, 60, 75, 90)] = 30,
    level: Literal["beginner", "intermediate", "advanced"] = "beginner",
) -> dict[str, Any]:
    """Book an instrument lesson with a teacher.

    Args:
        student: Name of the student.
        instrument: Instrument to learn.
        lesson_date: Day of the lesson (YYYY-MM-DD).
        start_time: Start of the lesson (24-hour HH:MM).
        minutes: Length of the lesson in minutes.
        level: Level of the student.
    """
    teachers = ("Ms. Okafor", "Mr. Lindgren", "Ms. Duarte", "Mr. Petrov")
    return {"teacher": teachers[_stable(0, 3, instrument)], "minutes": minutes, "level": level}
