// One function for each kind of chart: from the table (or list) beside the canvas to what Chart.js is told.
// (canvas, source, palette, font) -> configuration; the height of the chart is set on the way.

import { DASHES, SHAPES, pattern, swatch } from "./marks.js";

const ROW = 44; // height of a bar with its label (CSS pixels)

// ---- From tables to data ------------------------------------------------------------------------------------------

/** Bars: one for each cell that holds a value, figure by figure, each figure under its own heading. */
function readBars(table) {
	const titles = [...table.tHead.querySelectorAll("[data-title]")].map((cell) => cell.dataset.title);
	const rows = [...table.tBodies[0].rows];
	return titles.flatMap((title, column) => {
		const bars = rows
			.map((row) => ({ row, cell: row.cells[column + 1] }))
			.filter(({ cell }) => cell.dataset.value !== undefined)
			.map(({ row, cell }) => ({
				value: Number(cell.dataset.value),
				family: row.dataset.kernel,
				label: row.dataset.label,
				text: cell.querySelector(".value").textContent,
				ratio: cell.dataset.ratio,
			}));
		return bars.length ? [{ heading: title }, ...bars] : [];
	});
}

/** Lines: one for each column after the first, over the payload sizes of the rows. */
function readLines(table) {
	const rows = [...table.tBodies[0].rows];
	return [...table.tHead.querySelectorAll("[data-kind]")].map((head, column) => ({
		label: head.dataset.title,
		family: head.dataset.kernel,
		kind: head.dataset.kind,
		points: rows
			.filter((row) => row.cells[column + 1].dataset.value !== undefined)
			.map((row) => ({ x: Number(row.dataset.size), y: Number(row.cells[column + 1].dataset.value) })),
	}));
}

// ---- Charts -------------------------------------------------------------------------------------------------------

const grouped = (value) => Number(value.toPrecision(6)).toLocaleString("en").replaceAll(",", "\u202f");

function axis(title, palette, more = {}) {
	return {
		title: { display: true, text: title, color: palette.soft },
		grid: { color: palette.rule, drawTicks: false },
		border: { color: palette.soft },
		ticks: { color: palette.soft, padding: 6, maxRotation: 0, autoSkipPadding: 18, callback: (value) => grouped(Number(value)) },
		...more,
	};
}

/** Writes each bar's kernel, value and ratio above it, and each figure's name above its bars. */
const rowLabels = {
	id: "rowLabels",
	afterDatasetsDraw(chart, _args, { rows, limit, palette, font }) {
		const pen = chart.ctx;
		const left = chart.chartArea.left;
		pen.save();
		pen.textBaseline = "alphabetic";
		rows.forEach((row, place) => {
			const y = chart.scales.y.getPixelForValue(place);
			if (row.heading !== undefined) {
				pen.fillStyle = palette.soft;
				pen.font = `500 12.5px ${font}`;
				pen.fillText(row.heading, left, y + 15, chart.width - left);
				return;
			}
			pen.fillStyle = palette.ink;
			pen.font = `500 13px ${font}`;
			const name = `${row.label}  `;
			pen.fillText(name, left, y - 11);
			const at = left + pen.measureText(name).width;
			pen.font = `700 13px ${font}`;
			pen.fillText(row.text, at, y - 11);
			const after = at + pen.measureText(`${row.text}  `).width;
			pen.fillStyle = palette.soft;
			pen.font = `italic 400 12.5px ${font}`;
			pen.fillText(row.value > limit ? `${row.ratio}, beyond this chart` : row.ratio, after, y - 11);
			if (row.value > limit) {
				tear(pen, chart.chartArea.right - 26, y, palette.ground);
			}
		});
		pen.restore();
	},
};

/** Cuts a bar that goes on beyond the chart with two slanted strokes. */
function tear(pen, x, y, ground) {
	pen.save();
	pen.strokeStyle = ground;
	pen.lineWidth = 3;
	for (const shift of [0, 8]) {
		pen.beginPath();
		pen.moveTo(x + shift - 4, y + 11);
		pen.lineTo(x + shift + 4, y - 11);
		pen.stroke();
	}
	pen.restore();
}

/** Where the chart ends: at the greatest value, unless that one alone would flatten every other bar. */
function chartEnd(rows) {
	const values = rows.flatMap((row) => row.value ?? []).sort((a, b) => b - a);
	const second = values.find((value) => value < values[0] / 100);
	const few = values.filter((value) => value > second).length;
	return second !== undefined && few <= values.length / 3 ? second * 1.6 : Infinity;
}

function bars(canvas, table, palette, font) {
	const rows = readBars(table);
	const limit = chartEnd(rows);
	canvas.parentElement.style.height = `${rows.length * ROW + 46}px`;
	const fill = (row) => (row.family ? pattern(row.family, palette[row.family], palette.ground) : "transparent");
	return {
		type: "bar",
		data: {
			labels: rows.map((_row, place) => place),
			datasets: [
				{
					data: rows.map((row) => row.value ?? null),
					backgroundColor: rows.map(fill),
					borderColor: rows.map((row) => palette[row.family] ?? "transparent"),
					borderWidth: 1.5,
					borderSkipped: false,
					barThickness: 13,
					minBarLength: 2,
				},
			],
		},
		options: {
			indexAxis: "y",
			scales: {
				x: axis(`${canvas.dataset.unit} (${canvas.dataset.better} is better)`, palette, {
					beginAtZero: true,
					grid: { display: false },
					...(limit < Infinity && { max: limit }),
				}),
				y: {
					grid: { display: false },
					border: { display: false },
					ticks: { display: false },
					afterFit: (scale) => (scale.width = 1), // its labels stand above the bars
					offset: true,
				},
			},
			layout: { padding: { right: 12 } },
			plugins: { legend: { display: false }, tooltip: { enabled: false }, rowLabels: { rows, limit, palette, font } },
		},
		plugins: [rowLabels],
	};
}

/** The payloads that can be written under an axis without touching each other. */
function roomy(sizes, logarithmic) {
	if (logarithmic) {
		return sizes.filter((size) => size > 0);
	}
	const gap = sizes.at(-1) / 10;
	return sizes.filter((size) => size === 0 || sizes.every((other) => other >= size || size - other > gap));
}

function lines(canvas, table, palette) {
	const logarithmic = canvas.dataset.scale === "logarithmic";
	const found = readLines(table);
	// A second run of the same family is told from the first by hollow points.
	const alike = (line) => found.filter((other) => other.family === line.family && other.kind === line.kind);
	const hollow = (line) => alike(line).indexOf(line) % 2 === 1;
	const sizes = [...new Set(found.flatMap((line) => line.points.map((point) => point.x)))].sort((a, b) => a - b);
	const place = (size) => (logarithmic ? Math.max(size, 1) : size); // a logarithm has no zero: it is drawn at one
	const legend = (chart) =>
		Chart.defaults.plugins.legend.labels.generateLabels(chart).map((item) => {
			const line = found[item.datasetIndex];
			const inside = hollow(line) ? palette.ground : palette[line.family];
			return { ...item, fontColor: palette.ink, pointStyle: swatch(line.family, line.kind, palette[line.family], inside) };
		});
	const type = logarithmic ? "logarithmic" : "linear";
	canvas.parentElement.style.height = `${Math.max(380, 300 + 22 * found.length)}px`;
	return {
		type: "line",
		data: {
			datasets: found.map((line) => ({
				label: line.label,
				data: line.points.map((point) => ({ x: place(point.x), y: point.y, size: point.x })),
				borderColor: palette[line.family],
				backgroundColor: palette[line.family],
				borderDash: DASHES[line.kind] ?? [],
				borderWidth: 2,
				pointBackgroundColor: hollow(line) ? palette.ground : palette[line.family],
				pointStyle: SHAPES[line.family],
				pointRadius: 5,
				pointHoverRadius: 7,
			})),
		},
		options: {
			interaction: { mode: "nearest", intersect: false },
			scales: {
				x: axis(canvas.dataset.axis, palette, {
					type,
					afterBuildTicks: (scale) => (scale.ticks = roomy(sizes, logarithmic).map((value) => ({ value }))),
				}),
				y: axis(`${canvas.dataset.unit} (${canvas.dataset.better} is better)`, palette, { type, beginAtZero: !logarithmic }),
			},
			plugins: {
				legend: { position: "bottom", align: "start", labels: { color: palette.ink, usePointStyle: true, pointStyleWidth: 38, padding: 14, generateLabels: legend } },
				tooltip: {
					callbacks: {
						title: (items) => `${items[0].raw.size} ${canvas.dataset.word}`,
						label: (item) => ` ${item.dataset.label}: ${grouped(item.raw.y)}`,
					},
				},
			},
		},
	};
}

/** Dots: a row for each operation, a dot for each kernel; the scale is logarithmic, for ratios. */
function dots(canvas, table, palette) {
	const heads = [...table.tHead.querySelectorAll("[data-title]")];
	const rows = [...table.querySelectorAll("tr[data-title]")];
	const alike = (head) => heads.filter((other) => other.dataset.kernel === head.dataset.kernel);
	const hollow = (head) => alike(head).indexOf(head) % 2 === 1;
	canvas.parentElement.style.height = `${rows.length * 24 + 110}px`;
	return {
		type: "line",
		data: {
			labels: rows.map((row) => row.dataset.title),
			datasets: heads.map((head, column) => {
				const colour = palette[head.dataset.kernel];
				const value = (row) => row.cells[column + 1].dataset.drawn;
				return {
					label: head.dataset.title,
					data: rows.map((row) => (value(row) === undefined ? null : Number(value(row)))),
					showLine: false,
					borderColor: colour,
					backgroundColor: colour,
					pointBackgroundColor: hollow(head) ? palette.ground : colour,
					pointStyle: SHAPES[head.dataset.kernel],
					pointRadius: 5,
					pointHoverRadius: 7,
				};
			}),
		},
		options: {
			indexAxis: "y",
			scales: {
				x: axis(`${canvas.dataset.unit} (lower is better)`, palette, { type: "logarithmic" }),
				y: axis("", palette, { ticks: { color: palette.ink, autoSkip: false, padding: 6 }, offset: true }),
			},
			plugins: {
				legend: { position: "top", align: "start", labels: { color: palette.ink, usePointStyle: true, padding: 14 } },
				tooltip: { callbacks: { label: (item) => ` ${item.dataset.label}: ${item.raw.toPrecision(3)}×` } },
			},
		},
	};
}

function histogram(canvas, table, palette) {
	const rows = [...table.tBodies[0].rows];
	const family = canvas.dataset.kernel;
	canvas.parentElement.style.height = "320px";
	return {
		type: "bar",
		data: {
			labels: rows.map((row) => row.cells[0].textContent),
			datasets: [
				{
					data: rows.map((row) => Number(row.cells[1].dataset.value)),
					backgroundColor: pattern(family, palette[family], palette.ground),
					borderColor: palette[family],
					borderWidth: 1.5,
					maxBarThickness: 48,
					minBarLength: 2,
				},
			],
		},
		options: {
			scales: {
				x: axis(canvas.dataset.unit, palette, { grid: { display: false }, ticks: { color: palette.soft, maxRotation: 0, autoSkipPadding: 12 } }),
				y: axis("samples", palette, { beginAtZero: true }),
			},
			plugins: { legend: { display: false } },
		},
	};
}

function strip(canvas, raw, palette) {
	const points = raw.dataset.points
		.trim()
		.split(" ")
		.map((pair) => pair.split(":").map(Number));
	const family = canvas.dataset.kernel;
	canvas.parentElement.style.height = "280px";
	return {
		type: "scatter",
		data: {
			datasets: [
				{
					data: points.map(([x, y]) => ({ x, y })),
					borderColor: palette[family],
					backgroundColor: palette[family],
					pointRadius: points.length > 500 ? 1.6 : 3,
					pointStyle: SHAPES[family],
				},
			],
		},
		options: {
			scales: { x: axis("sample, in the order taken", palette), y: axis(canvas.dataset.unit, palette, { grace: "8%" }) },
			plugins: { legend: { display: false } },
		},
	};
}

function history(canvas, table, palette) {
	const rows = [...table.tBodies[0].rows];
	const family = canvas.dataset.kernel;
	canvas.parentElement.style.height = "300px";
	return {
		type: "line",
		data: {
			labels: rows.map((row) => row.cells[0].textContent),
			datasets: [
				{
					data: rows.map((row) => Number(row.cells[1].dataset.value)),
					borderColor: palette[family],
					backgroundColor: palette[family],
					stepped: "middle",
					pointStyle: SHAPES[family],
					pointRadius: 5,
				},
			],
		},
		options: {
			scales: {
				x: axis("run", palette, { ticks: { color: palette.soft, maxRotation: 0, autoSkipPadding: 12 } }),
				y: axis(`${canvas.dataset.unit} (lower is better)`, palette, { beginAtZero: true, grace: "10%" }),
			},
			plugins: { legend: { display: false } },
		},
	};
}

export const KINDS = { bars, lines, dots, histogram, history, strip };
