// Draws every chart of a page from the table beside it: the table is the only source, so the two never disagree.
// <canvas data-chart="bars|lines|histogram|history|strip" data-table="id of the table" data-unit="what is counted">
// A kernel family has one colour (style.css) and one pattern and point shape (here).
"use strict";
(() => {
	const FAMILIES = ["monolithic", "mach-like", "l4-like", "linux", "other"];
	const SHAPES = { monolithic: "rect", "mach-like": "rectRot", "l4-like": "circle", linux: "triangle", other: "star" };
	const DASHES = { ipc_rt: [], ipc_oneway: [], ipc_rt_same: [7, 4], ipc_oneway_same: [7, 4], pipe_rt: [2, 3] };
	const ROW = 44; // height of a bar with its label (CSS pixels)

	// ---- Colours and patterns -------------------------------------------------------------------------------------

	/** What a custom property of the style sheet means in the theme that is shown. */
	function colours() {
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
	function pattern(family, colour, ground) {
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

	// ---- From tables to data --------------------------------------------------------------------------------------

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

	// ---- Charts ---------------------------------------------------------------------------------------------------

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
		const second = values.find((value) => value < values[0] / 12);
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
					x: axis(`${canvas.dataset.unit} (lower is better)`, palette, {
						beginAtZero: true,
						grid: { display: false },
						...(limit < Infinity && { max: limit }),
					}),
					y: { grid: { display: false }, border: { display: false }, ticks: { display: false }, afterFit: (scale) => (scale.width = 1), offset: true },
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
		return sizes.filter((size) => size === 0 || sizes.every((other) => other >= size || size - other > gap || other === 0 && size > gap));
	}

	/** The swatch of a legend: the line with its dashes, and its point. */
	function swatch(family, kind, colour) {
		const tile = document.createElement("canvas");
		tile.width = 38;
		tile.height = 12;
		const pen = tile.getContext("2d");
		pen.strokeStyle = pen.fillStyle = colour;
		pen.lineWidth = 2;
		pen.setLineDash(DASHES[kind] ?? []);
		pen.beginPath();
		pen.moveTo(0, 6);
		pen.lineTo(38, 6);
		pen.stroke();
		pen.setLineDash([]);
		Chart.helpers.drawPoint(pen, { pointStyle: SHAPES[family], radius: 4.5, borderWidth: 1 }, 19, 6);
		return tile;
	}

	function lines(canvas, table, palette) {
		const logarithmic = canvas.dataset.scale === "logarithmic";
		const found = readLines(table);
		const sizes = [...new Set(found.flatMap((line) => line.points.map((point) => point.x)))].sort((a, b) => a - b);
		const place = (size) => (logarithmic ? Math.max(size, 1) : size); // a logarithm has no zero: it is drawn at one
		const legend = (chart) =>
			Chart.defaults.plugins.legend.labels.generateLabels(chart).map((item) => {
				const { family, kind } = found[item.datasetIndex];
				return { ...item, fontColor: palette.ink, pointStyle: swatch(family, kind, palette[family]) };
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
					pointStyle: SHAPES[line.family],
					pointRadius: 5,
					pointHoverRadius: 7,
				})),
			},
			options: {
				interaction: { mode: "nearest", intersect: false },
				scales: {
					x: axis("payload in bytes", palette, {
						type,
						afterBuildTicks: (scale) => (scale.ticks = roomy(sizes, logarithmic).map((value) => ({ value }))),
					}),
					y: axis(`${canvas.dataset.unit} (lower is better)`, palette, { type, beginAtZero: !logarithmic }),
				},
				plugins: {
					legend: { position: "bottom", align: "start", labels: { color: palette.ink, usePointStyle: true, pointStyleWidth: 38, padding: 14, generateLabels: legend } },
					tooltip: {
						callbacks: {
							title: (items) => `${items[0].raw.size} bytes`,
							label: (item) => ` ${item.dataset.label}: ${grouped(item.raw.y)}`,
						},
					},
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

	const KINDS = { bars, lines, histogram, history, strip };

	// ---- The page -------------------------------------------------------------------------------------------------

	const drawn = new Map();

	function draw(canvas) {
		const font = getComputedStyle(document.documentElement).getPropertyValue("--sans");
		const palette = colours();
		drawn.get(canvas)?.destroy();
		Chart.defaults.font.family = font;
		Chart.defaults.font.size = 12.5;
		const source = document.getElementById(canvas.dataset.table);
		const specification = KINDS[canvas.dataset.chart](canvas, source, palette, font);
		Object.assign(specification.options, { responsive: true, maintainAspectRatio: false, animation: false });
		drawn.set(canvas, new Chart(canvas, specification));
	}

	/** Buttons that choose between a linear and a logarithmic scale. */
	function addScale(canvas) {
		const group = document.createElement("div");
		group.className = "scale";
		group.setAttribute("role", "group");
		group.setAttribute("aria-label", "Scale of the chart");
		for (const name of ["linear", "logarithmic"]) {
			const button = document.createElement("button");
			button.type = "button";
			button.textContent = name;
			button.setAttribute("aria-pressed", String(name === "linear"));
			button.addEventListener("click", () => {
				canvas.dataset.scale = name;
				for (const other of group.children) {
					other.setAttribute("aria-pressed", String(other === button));
				}
				draw(canvas);
			});
			group.append(button);
		}
		canvas.closest(".pair").before(group);
	}

	function start() {
		if (typeof Chart === "undefined") {
			return; // not installed: the tables draw their own bars
		}
		const canvases = [...document.querySelectorAll("canvas[data-chart]")];
		document.documentElement.classList.add("charts");
		for (const canvas of canvases) {
			canvas.parentElement.hidden = false;
			draw(canvas);
			if (canvas.dataset.chart === "lines") {
				addScale(canvas);
			}
		}
		const again = () => canvases.forEach(draw);
		document.addEventListener("themechange", again);
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
		addEventListener("beforeprint", again);
	}

	if (document.readyState === "loading") {
		document.addEventListener("DOMContentLoaded", start);
	} else {
		start();
	}
})();
