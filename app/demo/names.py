"""Names of people, places and trades in the demo company. Pure."""
# ruff: noqa: SIM905

from typing import Final

FIRST_NAMES: Final = (
    "Ada Amara Anders Beatriz Carlos Chiara Daniel Deepa Elif Emil Fatima Felix Grace Hannah Hiro Ines Ivan Jana"
    " Jonas Kavya Kofi Lara Leon Lin Luca Mara Mateo Meera Milan Nadia Noah Olga Omar Paula Pavel Priya Rosa Samir"
    " Sofia Tariq"
).split()
LAST_NAMES: Final = (
    "Adeyemi Andersson Bauer Bianchi Castillo Chen Costa Desai Dubois Eriksen Fischer Fofana Garcia Haddad Hansen"
    " Horvat Iyer Jansen Kaya Keller Kowalski Kumar Larsen Lehmann Mbeki Moreau Nakamura Novak Okafor Oliveira Patel"
    " Petrov Rahman Romano Santos Schmidt Silva Tanaka Weber Wolf Yilmaz"
).split()
FIRST_WORDS: Final = (
    "Albion Baltic Borealis Cardinal Castor Corvus Delta Elbe Everest Fjord Gallia Granite Harbour Helios Iberia"
    " Juniper Kestrel Lakeside Lumen Meadow Nordic Northwind Orchard Pennine Quayside Rhine Sable Solent Tundra Vesper"
).split()
TRADES: Final = ("Foods Packaging Pharma Textiles Machining Hospitals Retail Breweries Chemicals Dairies").split()
