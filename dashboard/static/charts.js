// Draws every chart of a page from the table beside it: the table is the only source, so the two never disagree.
// <canvas data-chart="bars|lines|dots|histogram|history|strip" data-table="id of the table" data-unit="what is counted">

import { KINDS } from "./chart_kinds.js";
import { colours } from "./marks.js";

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
	for (const query of ["(prefers-color-scheme: dark)", "print"]) {
		matchMedia(query).addEventListener("change", again); // paper is light, whatever the screen is
	}
}

start();
