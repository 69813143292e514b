/* global Chart */

import {Component, onWillStart, useEffect, useRef} from "@odoo/owl";
import {cookie} from "@web/core/browser/cookie";
import {getColor, hexToRGBA} from "@web/core/colors/colors";
import {loadBundle} from "@web/core/assets";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/**
 * Draws what a Json field says:
 *
 *     {
 *         x: {title, labels},  // labels[k] is written at x = k; none: numbers
 *         y: {title},
 *         series: [{label, role, points: [{x, y, note}]}],
 *     }
 *
 * Roles: "line", "dashed", "marks" (points only, their notes are read on them), "low"
 * and "high" (the area between this and the series before is filled), "limit".
 */
export class PlanningChart extends Component {
    static template = "ecom_inventory_opt.PlanningChart";
    static props = {...standardFieldProps};

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                if (!this.canvas.el) {
                    return;
                }
                const chart = new Chart(this.canvas.el, this.getConfiguration());
                return () => chart.destroy();
            },
            () => [JSON.stringify(this.chart)],
        );
    }

    /** What is drawn, or nothing. */
    get chart() {
        return this.props.record.data[this.props.name] || null;
    }

    /** Configuration of Chart.js. */
    getConfiguration() {
        const {x, y, series} = this.chart;
        const labels = x.labels;
        return {
            type: "scatter",
            data: {datasets: series.map((one, index) => this.getDataset(one, index))},
            options: {
                animation: false,
                maintainAspectRatio: false,
                interaction: {mode: "nearest", intersect: false},
                scales: {
                    x: {
                        title: {display: Boolean(x.title), text: x.title},
                        ticks: labels
                            ? {stepSize: 1, callback: (at) => labels[at] ?? ""}
                            : {},
                    },
                    y: {title: {display: Boolean(y.title), text: y.title}},
                },
                plugins: {
                    legend: {labels: {boxWidth: 24}},
                    tooltip: {
                        callbacks: {
                            label: (item) => this.getTooltip(item, labels),
                        },
                    },
                },
            },
        };
    }

    /** A series as Chart.js wants it. */
    getDataset({label, role, points}, index) {
        const isMark = role === "marks";
        const isBand = role === "low" || role === "high";
        // Both edges of an area have its color.
        const color = getColor(isBand ? 0 : index, cookie.get("color_scheme"), "sm");
        return {
            label,
            data: points,
            showLine: !isMark,
            borderColor: isBand ? hexToRGBA(color, 0.3) : color,
            backgroundColor: isBand ? hexToRGBA(color, 0.15) : color,
            borderDash: role === "dashed" || role === "limit" ? [6, 4] : [],
            borderWidth: role === "line" ? 3 : 1.5,
            pointRadius: isMark ? 8 : role === "line" || role === "dashed" ? 3 : 0,
            pointStyle: isMark ? "triangle" : "circle",
            // Marks lie on the lines, not under them.
            order: isMark ? -1 : 0,
            fill: role === "high" ? "-1" : false,
        };
    }

    /** What is read on a point. */
    getTooltip({dataset, raw}, labels) {
        const number = (value) =>
            value.toLocaleString(undefined, {maximumFractionDigits: 1});
        const at = labels ? (labels[raw.x] ?? number(raw.x)) : number(raw.x);
        return raw.note || `${dataset.label}: ${number(raw.y)} (${at})`;
    }
}

export const planningChart = {
    component: PlanningChart,
    supportedTypes: ["json"],
};

registry.category("fields").add("planning_chart", planningChart);
