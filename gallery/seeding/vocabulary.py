"""What made-up photos are of: places that exist, cameras, words of titles, tags; and how often each comes."""

from typing import NamedTuple


class Town(NamedTuple):
    """A town that exists, and by how many minutes its clocks are ahead of UTC in winter."""

    name: str
    region: str
    country: str
    latitude: float
    longitude: float
    offset: int


class Camera(NamedTuple):
    """A camera with its lens, what its files are called, and the size of its pictures."""

    make: str
    model: str
    lens: str
    stem: str
    width: int
    height: int
    phone: bool


TOWNS = (
    Town("Lisbon", "Lisbon", "PT", 38.7167, -9.1333, 0),
    Town("Berlin", "Berlin", "DE", 52.5244, 13.4105, 60),
    Town("Melbourne", "Victoria", "AU", -37.814, 144.9633, 600),
    Town("Toronto", "Ontario", "CA", 43.7001, -79.4163, -300),
    Town("Kyoto", "Kyoto", "JP", 35.0211, 135.7538, 540),
    Town("Porto", "Porto", "PT", 41.1496, -8.611, 0),
    Town("Lyon", "Auvergne-Rhône-Alpes", "FR", 45.7485, 4.8467, 60),
    Town("Cangas de Onís", "Asturias", "ES", 43.3514, -5.1294, 60),
    Town("Svolvær", "Nordland", "NO", 68.2343, 14.5683, 60),
    Town("Cortina d'Ampezzo", "Veneto", "IT", 46.5369, 12.139, 60),
    Town("Reykjavík", "Capital Region", "IS", 64.1355, -21.8954, 0),
    Town("Marrakesh", "Marrakesh-Safi", "MA", 31.6342, -7.9999, 60),
    Town("Cusco", "Cusco", "PE", -13.5226, -71.9673, -300),
    Town("Queenstown", "Otago", "NZ", -45.0302, 168.6627, 720),
    Town("Cape Town", "Western Cape", "ZA", -33.9258, 18.4232, 120),
    Town("Kathmandu", "Bagmati Province", "NP", 27.7017, 85.3206, 345),
    Town("Seattle", "Washington", "US", 47.6062, -122.3321, -480),
    Town("Moab", "Utah", "US", 38.5733, -109.5498, -420),
    Town("Hội An", "Quảng Nam", "VN", 15.8794, 108.335, 420),
    Town("Dubrovnik", "Dubrovačko-Neretvanska", "HR", 42.6481, 18.0922, 60),
    Town("Edinburgh", "Scotland", "GB", 55.9521, -3.1965, 0),
    Town("Ushuaia", "Tierra del Fuego", "AR", -54.8, -68.3, -180),
    Town("Zermatt", "Valais", "CH", 46.0207, 7.7491, 60),
    Town("Santorini", "South Aegean", "GR", 36.4167, 25.4333, 120),
)
# The last few years' are the ones that most photos are of; the first was given up after a fifth of the time.
CAMERAS = (
    Camera("Canon", "PowerShot A620", "", "IMG", 3072, 2304, phone=False),
    Camera("Nikon", "D80", "AF-S DX 18-135mm f/3.5-5.6G", "DSC", 3872, 2592, phone=False),
    Camera("Apple", "iPhone 6s", "iPhone 6s back camera 4.15mm f/2.2", "IMG", 4032, 3024, phone=True),
    Camera("Fujifilm", "X-T3", "XF18-55mmF2.8-4 R LM OIS", "DSCF", 6240, 4160, phone=False),
    Camera("Google", "Pixel 8", "Pixel 8 back camera 6.9mm f/1.68", "PXL", 4080, 3072, phone=True),
    Camera("Fujifilm", "X-T5", "XF23mmF1.4 R LM WR", "DSCF", 7728, 5152, phone=False),
)
TAGS = (
    "family", "beach", "mountains", "birthday", "garden", "cat", "dog", "concert", "snow", "food", "work", "sunset",
    "street", "portrait", "black and white", "wedding", "train", "museum", "forest", "night", "football", "boat",
    "school", "kitchen", "macro", "birds", "market", "fog", "river", "holiday",
)  # fmt: skip
TITLES = (
    "First light", "The long way round", "Waiting for the ferry", "Grandmother's table", "After the rain", "On the ridge",
    "Market day", "Too many pancakes", "The old bridge", "Low tide", "Last evening", "Blue hour", "Everybody at once",
    "Nobody looked", "Under the lime tree", "Snow on the pass",
)  # fmt: skip
# Each stands on one photo of some ten thousand.
RARE = ("axolotl", "zeppelin", "theremin", "narwhal", "sousaphone", "quokka", "astrolabe", "gargoyle")
EVENTS = ("Weekend in", "Summer in", "A day in", "Back to", "Birthday in", "Walks around")
COLORS = ("#6a7b5c", "#808f9c", "#3c4a5e", "#b0977a", "#d6d2c9", "#2e2b28", "#7d5a4a", "#9fb4c7")
THUMBHASHES = ("1QcSHQRnh493V4dIh4eXh1h4kJUI", "3OcRJYB4d3h/iIeHeEh3eIhw+j3A", "HBkSHYSIeHiPiHh8eJd4eTN0EEQG")
