"""Geometry: areas, volumes, angles, distances, vectors and coordinates."""

import math
from typing import Annotated, Literal, TypedDict

from sftctl.core.tools import Between, Pick, Size, Time, tool

Length = Annotated[float, Between(2, 80)]
Component = Annotated[float, Pick(-9, -7.5, -6, -4, -3.5, -2, -1, 0.5, 1, 2, 3, 4.5, 5, 6, 8, 9.5)]
Unit = Literal["mm", "cm", "m", "inches", "feet"]


class Point(TypedDict):
    x: Annotated[float, Between(-20, 20)]
    y: Annotated[float, Between(-20, 20)]


class GeoPoint(TypedDict):
    lat: Annotated[float, Between(-60, 70, 3)]
    lon: Annotated[float, Between(-179, 179, 3)]


def _positive(*numbers: float) -> None:
    if min(numbers) <= 0:
        raise ValueError("lengths must be positive")


@tool(
    asks=(
        "(What's|What is) the area of a triangle with two sides of {side_a} and {side_b}[ and a third of {side_c}]?",
        "I'm covering a triangular garden bed whose edges measure {side_a}, {side_b} and {side_c}[ {unit}]. "
        "How much ground is that?",
        "triangle sides {side_a} / {side_b} / {side_c}[, {unit}], area?",
        "Given all three side lengths, {side_a}, {side_b} and {side_c}[, in {unit}], (compute|work out) how "
        "much surface the triangle has.",
        "{side_a}, {side_b}, {side_c}[ {unit}]: those are the edges of my triangle. How big is it inside?",
        "Apply Heron's formula to a triangle whose first two sides are {side_a} and {side_b}[ and whose "
        "third is {side_c}].",
        "A sail has straight edges of {side_a} and {side_b}[, the last one is {side_c}]. (Please find|Find) "
        "its area[; everything is in {unit}].",
    ),
    answer="The triangle covers {area} {square_unit}.",
)
def triangle_area_from_sides(
    side_a: Annotated[float, Between(10, 19)],
    side_b: Annotated[float, Between(10, 19)],
    side_c: Annotated[float, Between(10, 19)],
    unit: Unit = "cm",
) -> dict[str, float | str]:
    """Calculate the area of a triangle from the lengths of its three sides.

    Args:
        side_a: Length of the first side.
        side_b: Length of the second side.
        side_c: Length of the third side.
        unit: Unit of all three lengths.
    """
    s = (side_a + side_b + side_c) / 2
    product = s * (s - side_a) * (s - side_b) * (s - side_c)
    if min(side_a, side_b, side_c) <= 0 or product <= 0:
        raise ValueError("these sides form no triangle")
    return {"area": round(math.sqrt(product), 3), "square_unit": f"square {unit}"}


@tool(
    asks=(
        "Two sides of a triangle are {side_1} and {side_2}[ and they enclose {included_angle} degrees]. "
        "What's its area?",
        "triangle area, sides {side_1} and {side_2}[, angle between them {included_angle}°]",
        "A plot of land is triangular: one border is {side_1} m, the next {side_2} m, and they meet at "
        "{included_angle} degrees. How many square meters is it?",
        "(Find|Compute|Calculate) how large a triangle is[ that has {included_angle} degrees] between sides "
        "of length {side_1} and {side_2}.",
        "With {included_angle} degrees between them, sides of {side_1} and {side_2} make a triangle of what area?",
        "I know two sides, {side_1} and {side_2}, plus the angle where they meet[, {included_angle} "
        "degrees]. Could you get me the triangle's area?",
    ),
    answer="The area of the triangle is {result}.",
)
def sas_triangle_area(
    side_1: Length,
    side_2: Length,
    included_angle: Annotated[float, Between(15, 165)],
) -> float:
    """Calculate the area of a triangle from two sides and the angle between them.

    Args:
        side_1: Length of one side.
        side_2: Length of the other side, in the same unit.
        included_angle: Angle between the two sides, in degrees, above 0 and below 180.
    """
    _positive(side_1, side_2)
    if not 0 < included_angle < 180:
        raise ValueError("the angle must lie between 0 and 180 degrees")
    return round(side_1 * side_2 * math.sin(math.radians(included_angle)) / 2, 3)


@tool(
    asks=(
        "What is the area of a regular polygon with {sides} sides[ of length {side_length}]?",
        "regular {sides}-gon[, side {side_length}][ {unit}], area",
        "We're building a gazebo with {sides} equal sides[, each {side_length} long]. How much floor does it have?",
        "(Compute|Work out) the surface of a tile that has {sides} equal edges[ of {side_length}][ {unit}].",
        "Each edge is {side_length}[ {unit}] and there are {sides} of them, all angles equal. What area "
        "does the shape enclose?",
        "A table top is an equilateral, equiangular shape with {sides} corners. One edge measures "
        "{side_length}[ {unit}]. (How big is the top|What's its area)?",
    ),
    answer="A regular polygon with {sides} sides of {side_length} covers {result} square units.",
)
def regular_polygon_area(
    sides: Annotated[int, Between(5, 16)],
    side_length: Length,
    unit: Unit = "m",
) -> float:
    """Calculate the area of a polygon whose sides and angles are all equal.

    Args:
        sides: Number of sides, at least 3.
        side_length: Length of one side.
        unit: Unit of the side length; the result is in the matching square unit.
    """
    _positive(side_length)
    if sides < 3:
        raise ValueError("a polygon has at least 3 sides")
    return round(sides * side_length**2 / (4 * math.tan(math.pi / sides)), 3)


@tool(
    asks=(
        "What area does the polygon with the corners {vertices} enclose, each corner being its x and y?",
        "Apply the shoelace formula[ to {vertices}].",
        "polygon area from coordinates[: {vertices}][, {signed:signed|unsigned}]",
        "I surveyed a field, and its corner points in order are {vertices}. How large is it?",
        "My polygon has these vertices, x before y: {vertices}. (Give me|I want) its area[{signed: with the "
        "sign for the orientation| without a sign}].",
        "(Please determine|Determine) the enclosed area[ when I connect {vertices} in this order].",
    ),
    answer="The polygon has an area of {result}.",
)
def polygon_area_from_vertices(
    vertices: Annotated[list[Point], Size(3, 5)],
    signed: bool = False,
) -> float:
    """Calculate the area of a simple polygon from the coordinates of its corners.

    Args:
        vertices: Corners in the order in which they are connected, at least three.
        signed: Whether to keep the sign, which is positive for counterclockwise order.
    """
    if len(vertices) < 3:
        raise ValueError("a polygon has at least 3 corners")
    pairs = zip(vertices, vertices[1:] + vertices[:1], strict=True)
    area = sum(p["x"] * q["y"] - q["x"] * p["y"] for p, q in pairs) / 2
    return round(area if signed else abs(area), 4)


@tool(
    asks=(
        "One point has the coordinates {point_a}, the other {point_b}. How far apart are they[ in the "
        "{metric} metric]?",
        "What's the distance from the point {point_a}[ to the point {point_b}]?",
        "dist: {point_a} -> {point_b}[ using {metric} distance]",
        "A drone flies straight from position {point_a}[ to position {point_b}]. How long is the path?",
        "(Calculate|Compute) the[ {metric}] distance of two points in space, namely {point_a}; and {point_b}.",
        "I have one sensor at {point_a} and I need its distance[ to a second one, at {point_b}].",
    ),
    answer="The points are {result} units apart.",
)
def distance_between_points(
    point_a: Annotated[list[float], Between(-15, 15), Size(3, 3)],
    point_b: Annotated[list[float], Between(-15, 15), Size(3, 3)],
    metric: Literal["euclidean", "manhattan", "chebyshev"] = "euclidean",
) -> float:
    """Measure the distance between two points given by Cartesian coordinates.

    Args:
        point_a: Coordinates of the first point.
        point_b: Coordinates of the second point, as many as the first has.
        metric: How distance is measured.
    """
    gaps = [abs(a - b) for a, b in zip(point_a, point_b, strict=True)]
    value = {"euclidean": math.hypot(*gaps), "manhattan": sum(gaps), "chebyshev": max(gaps, default=0.0)}
    return round(value[metric], 4)


@tool(
    asks=(
        "How far is it as the crow flies from latitude {origin.lat}, longitude {origin.lon}[ to latitude "
        "{destination.lat}, longitude {destination.lon}][, in {unit}]?",
        "A plane leaves {origin.lat}, {origin.lon} (and lands at|for) {destination.lat}, {destination.lon}. "
        "What is the shortest route over the globe[ in {unit}]?",
        "{origin.lat}, {origin.lon} to {destination.lat}, {destination.lon}, distance over the earth[ in {unit}]",
        "(Please compute|Compute) the distance on the earth's surface from lat {origin.lat} lon "
        "{origin.lon}[ to lat {destination.lat} lon {destination.lon}].",
        "My GPS says I'm at {origin.lat} degrees latitude and {origin.lon} degrees longitude. How far "
        "away[, in {unit},] is the buoy[ at {destination.lat} latitude and {destination.lon} longitude]?",
        "Between the coordinates {origin.lat} / {origin.lon} and {destination.lat} / {destination.lon}, how "
        "much way is there over the globe[, counted in {unit}]?",
    ),
    answer="The great circle distance is {distance} {unit}.",
)
def great_circle_distance(
    origin: GeoPoint,
    destination: GeoPoint,
    unit: Literal["km", "miles", "nautical miles"] = "km",
) -> dict[str, float | str]:
    """Measure the shortest distance over the earth's surface between two geographic positions.

    Args:
        origin: Starting position, in decimal degrees (south and west are negative).
        destination: End position, in decimal degrees.
        unit: Unit of the result.
    """
    lat1, lat2 = math.radians(origin["lat"]), math.radians(destination["lat"])
    turn = math.radians(destination["lon"] - origin["lon"])
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(turn / 2) ** 2
    radius = {"km": 6371.0, "miles": 3958.8, "nautical miles": 3440.1}[unit]
    return {"distance": round(2 * radius * math.asin(math.sqrt(min(h, 1.0))), 1), "unit": unit}


@tool(
    asks=(
        "What angle do the vectors {u} (and also|and) {v} form?",
        "Vector one is {u}.[ Vector two is {v}.] (What|How big) is the angle between them[, in {unit}]?",
        "angle between u = {u}[; v = {v}][, {unit}]",
        "Two forces act along the directions {u}; and {v}. How far apart are these directions[, expressed in {unit}]?",
        "I was looking along {u} and now I look along {v}. By how much did I turn[, counted in {unit}]?",
        "Let u be {u} and let v be {v}. Find the angle they enclose[ in {unit}].",
    ),
    answer="The vectors enclose an angle of {result}.",
)
def angle_between_vectors(
    u: Annotated[list[Component], Size(3, 3)],
    v: Annotated[list[Component], Size(3, 3)],
    unit: Literal["degrees", "radians"] = "degrees",
) -> float:
    """Find the angle between two vectors.

    Args:
        u: Components of the first vector.
        v: Components of the second vector, as many as the first has.
        unit: Unit of the resulting angle.
    """
    size = math.hypot(*u) * math.hypot(*v)
    if size == 0:
        raise ValueError("the zero vector has no direction")
    cosine = sum(a * b for a, b in zip(u, v, strict=True)) / size
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    return round(math.degrees(angle) if unit == "degrees" else angle, 4)


@tool(
    asks=(
        "(What is|What's) the vector perpendicular to both a and b, with a = {a}; and b = {b}?",
        "cross product, a={a}[; b={b}]",
        "The first vector has the components {a}[ and the second {b}]. Give me their cross "
        "product[{normalize:, scaled to length one|, not scaled}].",
        "For a 3D model I need the normal of the face spanned by {a}; and {b}[{normalize: as a unit vector| "
        "without normalizing it}].",
        "(Compute|Calculate) a x b, where a is {a} and b is {b}.",
        "Take the direction {a}. Together with {b} it spans a plane; which vector stands upright on it?",
    ),
    answer="The cross product is {result}.",
)
def cross_product(
    a: Annotated[list[Component], Size(3, 3)],
    b: Annotated[list[Component], Size(3, 3)],
    normalize: bool = False,
) -> list[float]:
    """Compute the vector product of two vectors in three dimensions.

    Args:
        a: The three components of the left vector.
        b: The three components of the right vector.
        normalize: Whether to scale the result to length 1.
    """
    if len(a) != 3 or len(b) != 3:
        raise ValueError("both vectors need three components")
    normal = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    size = math.hypot(*normal) if normalize else 1.0
    return [round(part / (size or 1.0), 4) for part in normal]


@tool(
    asks=(
        "What volume does a cylinder[ of height {height}] hold[ if its radius is {radius}]?",
        "How much fits into a round tank with a radius of {radius} and a height of {height}[ if it is "
        "filled to {fill_percent} percent]?",
        "cylinder r={radius} h={height}[, {fill_percent}% full], volume",
        "Our rain barrel is {height} tall with a radius of {radius}[; it's {fill_percent} percent full "
        "right now]. How much water is in it?",
        "A candle mold is a cylinder of height {height}[ and radius {radius}]. How much wax do I need?",
        "(Determine|Calculate) the capacity of a cylindrical silo, radius {radius}[, height {height}].",
    ),
    answer="The volume is {result} cubic units.",
)
def volume_of_cylinder(
    radius: Length,
    height: Length,
    fill_percent: Annotated[float, Between(5, 95, 0)] = 100.0,
) -> float:
    """Calculate the volume of a cylinder, or of its filled part.

    Args:
        radius: Radius of the round base.
        height: Height of the cylinder, in the same unit as the radius.
        fill_percent: How full the cylinder is, in percent.
    """
    _positive(radius, height)
    return round(math.pi * radius**2 * height * fill_percent / 100, 3)


@tool(
    asks=(
        "How much sheet metal covers a cylinder of radius {radius}[ and height {height}][, "
        "{include_ends:lids included|without the lids}]?",
        "cylinder surface: r {radius}, h {height}[, {include_ends:with top and bottom|side wall only}]",
        "I'm wrapping a round gift box in paper. Its radius is {radius}[, its height {height}]. How much "
        "paper does it take?",
        "(What is|What's) the surface area of a cylinder {height} high[ with radius {radius}]?",
        "We want to paint an advertising column, radius {radius} and height {height}. What area is to be "
        "painted[{include_ends: if the ends count too|, leaving out the ends}]?",
        "(Compute|Find) the outer surface of a pipe section with radius {radius}[ and length {height}].",
    ),
    answer="The surface measures {result} square units.",
)
def cylinder_surface(radius: Length, height: Length, include_ends: bool = True) -> float:
    """Calculate the surface area of a cylinder.

    Args:
        radius: Radius of the round base.
        height: Height of the cylinder, in the same unit as the radius.
        include_ends: Whether the two round ends count, besides the curved side.
    """
    _positive(radius, height)
    return round(2 * math.pi * radius * (height + (radius if include_ends else 0)), 3)


@tool(
    asks=(
        "What is the volume of (this solid|this body): {solid}, edge length {edge}[ {unit}]?",
        "{solid}[, edge {edge}][ {unit}] volume",
        "I'm casting dice in the shape of the {solid}[, with edges {edge} long]. How much resin goes into one?",
        "The {solid} is one of the Platonic solids. (How much space|What volume) does it take up[ if every "
        "edge measures {edge}][ {unit}]?",
        "With edges of {edge}[ {unit}], how voluminous is the regular solid called {solid}?",
        "(Compute|Calculate|Find) the volume of the regular {solid}[ with edge length {edge}].",
    ),
    answer="With edges of {edge}, the {solid} has a volume of {result} cubic units.",
)
def platonic_solid_volume(
    solid: Literal["tetrahedron", "cube", "octahedron", "dodecahedron", "icosahedron"],
    edge: Length,
    unit: Unit = "cm",
) -> float:
    """Calculate the volume of a Platonic solid from its edge length.

    Args:
        solid: Which of the five regular solids it is.
        edge: Length of one edge.
        unit: Unit of the edge length; the result is in the matching cubic unit.
    """
    _positive(edge)
    r5 = math.sqrt(5)
    factor = {
        "tetrahedron": math.sqrt(2) / 12,
        "cube": 1.0,
        "octahedron": math.sqrt(2) / 3,
        "dodecahedron": (15 + 7 * r5) / 4,
        "icosahedron": 5 * (3 + r5) / 12,
    }
    return round(factor[solid] * edge**3, 3)


@tool(
    asks=(
        "Rotate the point x = {point.x}, y = {point.y}[ by {angle} degrees][ around x = {center.x}, y = "
        "{center.y}][{clockwise:, clockwise|, counterclockwise}].",
        "Where does the point with x {point.x} and y {point.y} end up when I turn it[ by {angle} degrees][ "
        "{clockwise:clockwise|anticlockwise}]?",
        "x={point.x} y={point.y} rotated {angle}°[{clockwise: cw| ccw}][ about cx={center.x} cy={center.y}]",
        "In my drawing program an anchor sits at x {point.x} and y {point.y}. I spin the drawing {angle} "
        "degrees[ {clockwise:to the right|to the left}]. What are the anchor's new coordinates?",
        "Turning {angle} degrees[ about the pivot x {center.x}, y {center.y}], what becomes of the point at "
        "x {point.x}, y {point.y}?",
        "A robot arm's tip is at x = {point.x} and y = {point.y}.[ Its joint is at x = {center.x} and y = "
        "{center.y}.] It swings by {angle} degrees. Where is the tip (afterwards|then)?",
    ),
    answer="The rotated point lies at x = {x}, y = {y}.",
)
def rotate_point(
    point: Point,
    angle: Annotated[float, Between(5, 355, 0)],
    center: Point | None = None,
    clockwise: bool = False,
) -> Point:
    """Rotate a point of the plane about a center.

    Args:
        point: Point to rotate.
        angle: Angle of rotation in degrees.
        center: Point about which to rotate; the origin if left out.
        clockwise: Whether to turn clockwise instead of counterclockwise.
    """
    pivot = center or {"x": 0.0, "y": 0.0}
    turn = math.radians(-angle if clockwise else angle)
    dx, dy = point["x"] - pivot["x"], point["y"] - pivot["y"]
    return {
        "x": round(pivot["x"] + dx * math.cos(turn) - dy * math.sin(turn), 4),
        "y": round(pivot["y"] + dx * math.sin(turn) + dy * math.cos(turn), 4),
    }


@tool(
    asks=(
        "How long is the arc[ of {central_angle} degrees] on a circle with radius {radius}?",
        "arc length r={radius}[, {central_angle}°][ {unit}]",
        "A curved railing follows a circle of radius {radius}[ {unit}] through {central_angle} degrees. "
        "What length of railing must I order?",
        "(Find|Give me) the distance along the rim of a wheel with radius {radius} when it turns by "
        "{central_angle} degrees.",
        "The boom of a crane is {radius} long[ and turns through {central_angle} degrees]. What path does "
        "the tip travel?",
        "For an angle of {central_angle} degrees at the center and a radius of {radius}[ {unit}], "
        "(what's|what is) the length of the curve?",
    ),
    answer="The arc is {result} long.",
)
def arc_length(
    radius: Length,
    central_angle: Annotated[float, Between(10, 350)],
    unit: Unit = "cm",
) -> float:
    """Calculate the length of a circular arc.

    Args:
        radius: Radius of the circle.
        central_angle: Angle at the center that the arc spans, in degrees.
        unit: Unit of the radius and of the result.
    """
    _positive(radius, central_angle)
    return round(math.radians(central_angle) * radius, 4)


@tool(
    asks=(
        "(What's|What is) the area of a slice of a circle with radius {radius}[ and a central angle of "
        "{central_angle} degrees]?",
        "sector radius {radius}[ angle {central_angle}], area",
        "A lawn sprinkler reaches {radius} and sweeps {central_angle} degrees. How much lawn gets wet?",
        "My pizza has a radius of {radius} and this piece spans {central_angle} degrees. How much pizza is "
        "that in area?",
        "(Compute|Calculate) the surface that a windshield wiper of length {radius} cleans[ when it swings "
        "through {central_angle} degrees].",
        "Spanning {central_angle} degrees at radius {radius}, a fan covers what area?",
    ),
    answer="The sector covers {result} square units.",
)
def circle_sector_area(
    radius: Length,
    central_angle: Annotated[float, Between(10, 350)],
) -> float:
    """Calculate the area of a sector of a circle.

    Args:
        radius: Radius of the circle.
        central_angle: Angle at the center that the sector spans, in degrees.
    """
    _positive(radius, central_angle)
    return round(math.radians(central_angle) / 2 * radius**2, 3)


@tool(
    asks=(
        "What angle do the hands of a clock make[ at {time}]?",
        "clock hands, {time}[, {larger_angle:bigger|smaller} angle]",
        "It's {time}. How many degrees are there between the hour hand and the minute hand?",
        "My son asked me about the angle on the dial[ at {time}]. (Can you|Could you) work it out?[ "
        "{larger_angle:The reflex angle, please.|The small one, please.}]",
        "At {time}, how far apart do the two hands stand[, measured on the {larger_angle:larger|smaller} side]?",
        "(Tell me|I want to know) how wide the clock's hands are open when it shows {time}.",
    ),
    answer="At {time} the hands are {result} degrees apart.",
)
def clock_hands_angle(time: Time, larger_angle: bool = False) -> float:
    """Find the angle between the hour hand and the minute hand of an analog clock.

    Args:
        time: Time of day, as HH:MM.
        larger_angle: Whether to give the larger of the two angles instead of the smaller.
    """
    hours, minutes = int(time[:2]), int(time[3:5])
    gap = abs(30 * (hours % 12) - 5.5 * minutes)
    return max(gap, 360 - gap) if larger_angle else min(gap, 360 - gap)


@tool(
    asks=(
        "How long does something of {length} m become[ in {scale} scale]?",
        "{length} m[ at scale {scale}], model size",
        "I'm building a model in {scale}. The original measures {length} m. How big is my model[ in {model_unit}]?",
        "The real thing is {length} meters. What length does the miniature get at {scale}[, {model_unit} please]?",
        "A building of {length} m is to be shown[ at a scale of {scale}]. What length does it get[ in {model_unit}]?",
        "On a plan drawn at {scale}, what do {length} meters in reality come to[, given in {model_unit}]?",
    ),
    answer="At a scale of {scale} it becomes {result} long.",
)
def scale_model_length(
    length: Annotated[float, Between(2, 300)],
    scale: Annotated[
        str,
        Pick(
            "1:10",
            "1:12",
            "1:16",
            "1:18",
            "1:24",
            "1:32",
            "1:35",
            "1:43",
            "1:48",
            "1:64",
            "1:72",
            "1:87",
            "1:100",
            "1:144",
            "1:160",
            "1:200",
            "1:350",
            "1:500",
        ),
    ],
    model_unit: Literal["mm", "cm", "inches"] = "cm",
) -> float:
    """Convert a real length to its length in a scale model or plan.

    Args:
        length: Length of the original, in meters.
        scale: Scale of the model, e.g. "1:72".
        model_unit: Unit of the result.
    """
    one, _, other = scale.partition(":")
    if not other or float(other) <= 0:
        raise ValueError('a scale looks like "1:72"')
    return round(length * float(one) / float(other) * {"mm": 1000, "cm": 100, "inches": 39.3701}[model_unit], 3)
