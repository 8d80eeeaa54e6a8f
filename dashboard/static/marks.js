// How a kernel family looks in every chart: a colour (from style.css), a pattern for areas, a shape for points, and a dash for
// each way of sending. The style sheet draws the same patterns for the marks in tables.

export const FAMILIES = ["monolithic", "mach-like", "l4-like", "linux", "other"];
export const SHAPES = { monolithic: "rect", "mach-like": "rectRot", "l4-like": "circle", linux: "triangle", other: "star" };
export const DASHES = { ipc_rt: [], ipc_oneway: [], ipc_rt_same: [7, 4], ipc_oneway_same: [7, 4], pipe_rt: [2, 3] };

/** What a custom property of the style sheet means in the theme that is shown. */
export function colours() {
	const probe = document.createElement("span");
	document.body.append(probe);
	const read = (name) => {
		probe.style.color = `var(--${name})`;
		return getComputedStyle(probe).color;
	};
	const names = [...FAMILIES, "ink", "soft", "rule", "ground", "raised"];
	const found = Object.fromEntries(names.map((name) => [name, read(name)]));
	probe.remove();
	return found;
}

/** The family's pattern, as a fill style. */
export function pattern(family, colour, ground) {
	const tile = document.createElement("canvas");
	tile.width = tile.height = 8;
	const pen = tile.getContext("2d");
	pen.fillStyle = ground;
	pen.fillRect(0, 0, 8, 8);
	pen.fillStyle = pen.strokeStyle = colour;
	pen.lineWidth = 3;
	if (family === "monolithic") {
		pen.fillRect(0, 0, 8, 8);
	} else if (family === "mach-like") {
		pen.beginPath();
		for (const x of [-8, 0, 8]) {
			pen.moveTo(x - 2, 10);
			pen.lineTo(x + 10, -2);
		}
		pen.stroke();
	} else if (family === "l4-like") {
		for (const [x, y] of [[2, 2], [6, 6]]) {
			pen.beginPath();
			pen.arc(x, y, 1.9, 0, 2 * Math.PI);
			pen.fill();
		}
	} else if (family === "linux") {
		pen.fillRect(0, 0, 8, 2.5);
		pen.fillRect(0, 4, 8, 2.5);
	} else {
		pen.fillRect(0, 0, 4, 4);
		pen.fillRect(4, 4, 4, 4);
	}
	return pen.createPattern(tile, "repeat");
}

/** The swatch of a legend: the line with its dashes, and its point, full or hollow. */
export function swatch(family, kind, colour, inside) {
	const tile = document.createElement("canvas");
	tile.width = 38;
	tile.height = 12;
	const pen = tile.getContext("2d");
	pen.strokeStyle = colour;
	pen.lineWidth = 2;
	pen.setLineDash(DASHES[kind] ?? []);
	pen.beginPath();
	pen.moveTo(0, 6);
	pen.lineTo(38, 6);
	pen.stroke();
	pen.setLineDash([]);
	pen.fillStyle = inside;
	Chart.helpers.drawPoint(pen, { pointStyle: SHAPES[family], radius: 4.5, borderWidth: 1 }, 19, 6);
	return tile;
}
