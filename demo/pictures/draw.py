"""Draws the pictures of the demo goods: `draw.py [--out DIR] [SKU…]`.

Each is SVG made by this folder's drawing functions, scaled by libvips (Debian's libvips-tools) to WebP of 800 by 800
pixels. The results stand in demo/images, so nobody needs to draw them to run the demo.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import garden_and_sound as g
import lights_and_food as f
import out_and_about as o
import paper_and_table as p
from strokes import Sheet

HERE = pathlib.Path(__file__).resolve().parent
CATALOGUE = HERE.parent / "catalogue.jsonl"

# The light in which each shelf stands, two tones taking turns.
GROUNDS = (("#e6ddcb", "#dfe3d6"), ("#dce5e6", "#eadfd0"), ("#e9e0d6", "#dde3e3"), ("#5b5560", "#4f5a63"), ("#e8e0c6", "#e7d8cc"),
           ("#d5e0d6", "#e5dcc6"), ("#e3dccf", "#d6dee4"), ("#f0e2c4", "#d8e6e8"), ("#dbe5d0", "#e8e0cd"), ("#dcdde4", "#e6dfd6"))

WOOD, WALNUT, BRASS, STEEL, IRON = "#c59a6b", "#7b5232", "#cfa54e", "#b9c0c6", "#4a4d52"
NAVY, MOSS, RUST, BUTTER, CREAM, JADE, CLAY, ROSE = "#2f4a6b", "#7d8f62", "#b9543f", "#eecb6b", "#f3ecdd", "#8fb5a3", "#bd7350", "#d99a92"

DRAWINGS = {
    1: lambda s: p.notebook(s, NAVY, "#d9e2ea"), 2: lambda s: p.memo_set(s, MOSS),
    3: lambda s: p.notebook(s, "#c9714b", "#f6e7c8", "leaf", "#6b4a2c"), 4: lambda s: p.letters(s, "#c9a06a"),
    5: lambda s: p.sticky(s, "#f2d66b"), 6: lambda s: p.tape(s, MOSS), 7: lambda s: p.pen(s, "#27435c"), 8: lambda s: p.ink(s, "#23385e"),
    9: lambda s: p.pen(s, "#2c2c30", kind="gel", turn=-24),
    10: lambda s: p.pencils(s, ("#d8463a", "#e2803a", "#eec04a", "#b9c95a", "#7fa35b", "#4f8f86", "#5f9fbf", "#3f5f9b", "#7a5a9a", "#b5557b", "#8a5a30", "#55585c")),
    11: lambda s: p.pencils(s, ("#2f4a6b", "#b9543f", "#cfa54e", "#5d7f4d", "#8a5a9a")),
    12: lambda s: p.pencils(s, ("#f2a7b5", "#f3d36b", "#a9d3a0", "#a5c8ea"), "highlighter"),
    13: lambda s: p.pen_tray(s, WALNUT), 14: lambda s: p.bookend(s, IRON), 15: lambda s: p.calendar(s, RUST), 16: lambda s: p.clips(s, "#b9843f"),
    17: lambda s: p.mat(s, "#5d646b"), 18: lambda s: p.scissors(s, IRON), 19: lambda s: p.stamp_kit(s, RUST),
    20: lambda s: p.tickets(s, ("#c8665a", "#e0a04a", "#7d9f6b", "#5f8a9f", "#8a6a9a", "#c8665a")),
    21: lambda s: p.mug(s, "#f4f1ea"), 22: lambda s: p.glass(s, "#cfe0e4", liquid="#c98a3f"), 23: lambda s: p.teapot(s, "#d9cbb4"),
    24: lambda s: p.bowl(s, JADE, inner="#f1efe2"), 25: lambda s: p.jug(s, BUTTER), 26: lambda s: p.plate(s, "#f5f2ea", 270, "#9fb5c0"),
    27: lambda s: p.plate(s, "#eef0ec", 200, "#c9a35a"), 28: lambda s: p.bowl(s, "#35506b", r=240, h=240, inner="#e9c98f"),
    29: lambda s: p.bowl(s, "#f3eee2", r=190, h=220, motif="#b98ab5", inner="#ffffff"), 30: lambda s: p.bowl(s, "#6f8f9f", r=170, y=430, h=110, inner="#3f2a1e", foot=.6),
    31: lambda s: p.bowl(s, "#d3a84a", r=230, h=200, inner="#e9cf8a", depth=.5), 32: lambda s: p.crock(s, "#d5ddd6", motif=False),
    33: lambda s: p.spoon_set(s, "#7a2f2a", "#d7b56d"), 34: lambda s: p.cutlery(s, "#9aa0a6"), 35: lambda s: p.board(s, "#c28a55"),
    36: lambda s: p.egg_cups(s, JADE), 37: lambda s: p.crock(s, "#6b4a36"), 38: lambda s: p.dripper(s, "#f1ece1"),
    39: lambda s: (p.glass(s, "#bcd8d9", 285, 250, 108, 340, ripple=True), p.glass(s, "#dfd0bd", 525, 250, 108, 340, ripple=True)),
    40: lambda s: p.table_set(s, ("#f3d98a", "#f5f2ea", "#c9d8c5", "#e8b48f")),
    41: lambda s: p.bed(s, "#efe8da"), 42: lambda s: p.pillow(s, "#e6dcc8", edge="#b98e62"), 43: lambda s: p.folded(s, ("#a9bf9a", "#b9cbab", "#c9d6bc")),
    44: lambda s: p.pillow(s, "#7f95a8", count=2), 45: lambda s: p.folded(s, ("#f3ede1", "#c9b79a")), 46: lambda s: p.hanging(s, ("#eeb48a",), waffle=True),
    47: lambda s: p.folded(s, ("#d98a4f", "#e5a66f", "#f0cfae"), w=360), 48: lambda s: p.bath_mat(s, "#d9c7a6"), 49: lambda s: p.pillow(s, "#c98a4f", "patch"),
    50: lambda s: p.folded(s, ("#b5553f", "#c97a5a"), fringe=True), 51: lambda s: p.folded(s, ("#8fa5b9", "#a5b7c7", "#bccad6"), "dots"), 52: lambda s: p.round_cushion(s, "#a98a5f"),
    53: lambda s: p.hanging(s, ("#f4efe2", "#f4efe2"), ("#7fa35b", "#c9d6a0", "#6b9156")), 54: lambda s: p.apron(s, "#c26f3d"), 55: lambda s: p.runner(s, "#dcd3c1", "#9a7fb0"),
    56: lambda s: p.mitt(s, "#6f8f9f"), 57: lambda s: p.curtain(s, "#f0e9db"), 58: lambda s: p.rug(s, ("#e5ddcd", "#a9a598", "#8f958f", "#c4b8a2", "#7f868b", "#b5aa9a")),
    59: lambda s: p.folded(s, ("#f7f2e7", "#f1ead9", "#f7f2e7", "#efe6d2", "#f7f2e7"), w=380), 60: lambda s: p.bundle(s, "#b5557b", "#e3a95a"),
    61: lambda s: f.jar_lamp(s, "#fbf1dc"), 62: lambda s: f.small_lamp(s, "#5d7f6b"), 63: lambda s: f.pucks(s, "#e9e4da"), 64: lambda s: f.dome(s),
    65: lambda s: f.string_lights(s), 66: lambda s: f.floor_lamp(s, "#b98a4f"), 67: lambda s: f.table_lamp(s, WALNUT, "#f1e4cb"), 68: lambda s: f.clamp(s, "#b5543f"),
    69: lambda s: f.table_lamp(s, "#f4ead8", "#fdf3df", "mushroom"), 70: lambda s: f.lantern(s, "#f7e6c0"), 71: lambda s: f.pendant(s, "#c99a5f", "rattan"),
    72: lambda s: f.pendant(s, "#f1e4c4", "enamel"), 73: lambda s: f.pendant(s, "#fbf4e6", "cloud"), 74: lambda s: f.bulb(s), 75: lambda s: f.candle(s, "#dfe8e6", "#5f8a8f"),
    76: lambda s: f.candle(s, "#e3ac45", "", "tapers"), 77: lambda s: f.candle(s, "#2f3236", "", "holder"), 78: lambda s: f.warmer(s, "#a88fc4"),
    79: lambda s: f.candle(s, "", "", "tealights"), 80: lambda s: f.table_lamp(s, "#f1e9dc", "", "alarm"),
    81: lambda s: f.tin(s, "#6b8f4f", "#f5efdc", "leaf"), 82: lambda s: f.pouch(s, "#b98a55", "#f5ead2", "wheat"), 83: lambda s: f.carton(s, "#c9763f", "#f8eedb", "persimmon"),
    84: lambda s: f.tin(s, "#7a3f33", "#f3e2c4", "leaf", 330, 150), 85: lambda s: f.jar(s, "#eab73f", "#fbf4de", "citrus"), 86: lambda s: f.bottle(s, "#8fa548", "#f5f0dc", "plum"),
    87: lambda s: f.drawers(s, "#3f5f56"), 88: lambda s: f.pouch(s, "#7d9a7a", "#f1efdf", "leaf"), 89: lambda s: f.sachets(s, "#5b3f2f"),
    90: lambda s: f.pouch(s, "#e3d2ae", "#7b4a2c", "nut", "#a8683a"), 91: lambda s: f.window_box(s, "#b5473f", f.yakgwa, 12), 92: lambda s: f.pouch(s, "#e8a24a", "#fdf4df", "wheat", "#d99a3f"),
    93: lambda s: f.bars(s, "#6b2f35"), 94: lambda s: f.cookies(s, "#eadfc9"), 95: lambda s: f.pouch(s, "#2f4f4a", "#dfe8dc", "wave", "#3f5f3a"), 96: lambda s: f.window_box(s, "#4f4a52", f.dacquoise, 6),
    97: lambda s: f.carton(s, "#3f5f6b", "", "", ribbon="#d8a64a"), 98: lambda s: f.tin(s, "#7fb5ae", "#f4faf6", "star", 220, 160), 99: lambda s: f.roll_slices(s, "#c8612f"), 100: lambda s: p.teapot(s, "#9fb5a8", 1, 330),
    101: lambda s: o.tent(s, "#c9b98f"), 102: lambda s: o.chair(s, "#8a6a8f"), 103: lambda s: o.folding_table(s, "#c9995f"), 104: lambda s: o.camp_lantern(s, "#b5473f"), 105: lambda s: o.pots(s, "#9aa0a6"),
    106: lambda s: o.fire_pit(s, "#7f868b"), 107: lambda s: o.sleeping_bag(s, "#31456b"), 108: lambda s: p.mug(s, "#b9c0c6", steel=True), 109: lambda s: o.rolled_mat(s, "#6b9156"), 110: lambda s: o.hamper(s, "#c29255"),
    111: lambda s: o.soft_box(s, "#5f8a9f", "#d9b384"), 112: lambda s: o.flask(s, "#3f6b52"), 113: lambda s: o.disc(s, "#e8833f"), 114: lambda s: o.poles(s, "#d8663a"), 115: lambda s: o.jacket(s, "#e0a53f"),
    116: lambda s: o.socks(s, "#6b7f8f"), 117: lambda s: o.headlamp(s, "#4f8f6b"), 118: lambda s: o.bell(s, BRASS), 119: lambda s: o.backpack(s, "#3f7a80"), 120: lambda s: o.cords(s, ("#c9e05a", "#f0a03f", "#6fd0c0", "#f07a8a")),
    121: lambda s: o.tote(s, "#ede2c9", "#8a6a3f", leek=True), 122: lambda s: o.tote(s, "#f1e6d0", "#c98a6b", "plum"), 123: lambda s: o.shoulder_bag(s, "#7a4a35"), 124: lambda s: o.tote(s, "#b9783f", "#8a5528", leather=True),
    125: lambda s: o.net_bag(s, "#c8443a"), 126: lambda s: o.backpack(s, "#6b737b", kind="roll"), 127: lambda s: o.backpack(s, "#d8463a", kind="ladybird"), 128: lambda s: o.backpack(s, "#2a3a5f"),
    129: lambda s: o.shoulder_bag(s, "#6f7550", "messenger", "#8a5a30"), 130: lambda s: o.shoulder_bag(s, "#4f5a68", "sling"), 131: lambda s: o.pouches(s, ("#efe5d0", "#d9c7a6", "#c4ab82")), 132: lambda s: o.small_case(s, "#8a9a6b", "pencil"),
    133: lambda s: o.small_case(s, "#9a6a3a", "burr"), 134: lambda s: o.small_case(s, "#8fa5b0", "wash"), 135: lambda s: o.small_case(s, "#b0a58f", "drawstring"), 136: lambda s: o.small_case(s, "#b5655a", "card"),
    137: lambda s: o.small_case(s, "#4f6b80", "duffel"), 138: lambda s: o.pouches(s, ("#7f95a8", "#a9b79a", "#d9b78f", "#c98a80"), "cube"), 139: lambda s: o.small_case(s, "#a5622f", "tag"), 140: lambda s: o.tote(s, "#5f8fb0", "#33475b", "wave"),
    141: lambda s: o.cairn(s, ("#a9a598", "#c8b08a", "#8fa5a0", "#d9c7a6", "#9a8f86", "#c98a6b")), 142: lambda s: o.stall(s, "#d8665a"), 143: lambda s: o.ducks(s, "#f0c64f"), 144: lambda s: o.train(s, "#c8443a"),
    145: lambda s: o.rattle(s, "#fdfaf4"), 146: lambda s: o.tops(s, ("#c8443a", "#5f8a8f", "#e0b25a", "#7fa35b", "#8a5a9a")), 147: lambda s: o.game_box(s, "#2f4a6b", "star", "pawns"), 148: lambda s: o.game_box(s, "#6fa5b5", "wave", "cards"),
    149: lambda s: o.game_box(s, "#d99a4f", "persimmon", "puzzle"), 150: lambda s: o.yut(s, "#8a4f30"), 151: lambda s: o.game_box(s, "#b5557b", "plum", "stones"), 152: lambda s: o.tangram(s, ("#d8463a", "#eec04a", "#5f9fbf", "#7fa35b", "#e2803a", "#8a5a9a", "#4f8f86")),
    153: lambda s: p.notebook(s, "#5f9fc9", "#ffffff", "plane"), 154: lambda s: o.animal(s, "bear", "#b98a5f"), 155: lambda s: o.animal(s, "otter", "#7f6250"), 156: lambda s: o.animal(s, "frog", "#8fb56d"),
    157: lambda s: p.notebook(s, "#f0c98a", "", "seasons", x=210, w=380), 158: lambda s: o.boats(s, ("#d8463a", "#3f7a9b", "#eec04a")), 159: lambda s: o.theatre(s, "#b5323f"), 160: lambda s: o.kite(s, ("#d8463a", "#3f5f9b", "#eec04a", "#5d8f5a")),
    161: lambda s: g.pot(s, "#bd7350"), 162: lambda s: g.pot(s, "#c9ced0", label="#7fb0c9"), 163: lambda s: g.wall_vase(s), 164: lambda s: g.basin(s, "#6b4a36"), 165: lambda s: g.succulents(s, WOOD), 166: lambda s: g.watering_can(s, "#c4774a"),
    167: lambda s: g.snips(s, "#b5473f"), 168: lambda s: g.trowel(s, "#c8a06a"), 169: lambda s: g.gloves(s, "#e0cda5"), 170: lambda s: g.plant_labels(s, BRASS), 171: lambda s: g.twine(s, "#b58a52"), 172: lambda s: g.cloche(s),
    173: lambda s: g.packets(s, (("#7fa35b", "leaf"), ("#8a6a9a", "leaf"))), 174: lambda s: g.packets(s, (("#e3a95a", "flowers"),)), 175: lambda s: g.pot(s, "#8fa5b0", "tulip", .95), 176: lambda s: g.log(s), 177: lambda s: g.bag_of_soil(s, "#7b5a40"),
    178: lambda s: g.basin(s, "#a9a8a2", True), 179: lambda s: g.wreath(s), 180: lambda s: g.chime(s, BRASS),
    181: lambda s: p.crock(s, "#7a5138", motif=False, speaker=True, lid=False), 182: lambda s: g.speaker(s, "#9aa8ad", "pebble"), 183: lambda s: g.speaker(s, "#dcc195"), 184: lambda s: g.speaker(s, "#d9d2c2", "handle"), 185: lambda s: g.speaker(s, "#4f5a80", "night"),
    186: lambda s: g.speaker(s, "#4d5258", "bar"), 187: lambda s: g.buds(s, "#a9c68f"), 188: lambda s: g.headphones(s, "#b5c0c9"), 189: lambda s: g.wired(s, "#d9b58a", "#7b5a40"), 190: lambda s: g.headphones(s, "#f0a58a", "#fbf3e3", cat=True),
    191: lambda s: g.open_ear(s, "#d8703f"), 192: lambda s: g.turntable(s, WALNUT), 193: lambda s: g.cassette(s, "#6fa5a8"), 194: lambda s: g.radio(s, "#f0e6d0"), 195: lambda s: g.radio(s, "#d8703f", "crank"), 196: lambda s: g.brush(s, "#9a6a42"),
    197: lambda s: g.headphones(s, "", "#000000", stand=True), 198: lambda s: g.snaps(s, ("#a5622f", "#4f5a68", "#c8a06a")), 199: lambda s: g.crate(s, WOOD), 200: lambda s: g.amp(s, "#5f666d"),
}


def number_of(sku):
    return int(sku.rsplit("-", 1)[1])


def svg_of(sku):
    number = number_of(sku)
    sheet = Sheet(GROUNDS[(number - 1) // 20][number % 2])
    DRAWINGS[number](sheet)
    return sheet.svg()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parent / "images")
    parser.add_argument("--quality", type=int, default=74)
    parser.add_argument("skus", nargs="*")
    given = parser.parse_args()
    skus = given.skus or [json.loads(line)["sku"] for line in CATALOGUE.read_text().splitlines()]
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for sku in skus:
            drawing = pathlib.Path(folder) / f"{sku}.svg"
            drawing.write_text(svg_of(sku))
            target = given.out / f"{sku}.webp"
            subprocess.run(["vips", "copy", drawing, f"{target}[Q={given.quality},effort=6,smart-subsample,strip]"], check=True)
    print(f"{len(skus)} pictures in {given.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
