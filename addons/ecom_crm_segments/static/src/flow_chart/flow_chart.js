import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/**
 * Draws how many moved from group to group, as a Json field says:
 *
 *     {
 *         width, height, bar,  // of the drawing; bar: width of a group's bar
 *         bars: [{name, right, top, height, text}],
 *         ribbons: [{source, target, path, text}],
 *     }
 *
 * A click on a ribbon asks the record for `action_view_moved`.
 */
export class FlowChart extends Component {
    static template = "ecom_crm_segments.FlowChart";
    static props = {...standardFieldProps};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    /** What is drawn, or nothing. */
    get chart() {
        return this.props.record.data[this.props.name] || null;
    }

    /** Opens those of a ribbon. */
    async open({source, target}) {
        const {resModel} = this.props.record;
        const {company, month} = this.chart;
        this.action.doAction(
            await this.orm.call(resModel, "action_view_moved", [
                company,
                month,
                source,
                target,
            ]),
        );
    }
}

registry.category("fields").add("ecom_flow_chart", {
    component: FlowChart,
    supportedTypes: ["json"],
});
