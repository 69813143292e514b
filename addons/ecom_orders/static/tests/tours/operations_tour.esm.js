import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

/**
 * Somebody responsible for the channels: sees on the card that something is wrong,
 * lets the health check say what, retries all failures of one cause, and has the
 * missing order of an incomplete day fetched.
 */
registry.category("web_tour.tours").add("ecom_orders_operations", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the Ecommerce app",
            trigger: ".o_app[data-menu-xmlid='ecom_orders.ecom_orders_menu_root']",
            run: "click",
        },
        {
            content: "Go to the channels",
            trigger: "[data-menu-xmlid='ecom_orders.ecom_channel_menu']",
            run: "click",
        },
        {
            content: "The card tells that a day is incomplete",
            trigger: ".o_kanban_record:contains('Tour Shop'):contains('Incomplete')",
        },
        {
            content: "The card tells what failed",
            trigger: ".o_kanban_record:contains('2 × Unreadable message')",
        },
        {
            content: "Ask what is wrong",
            trigger:
                ".o_kanban_record:contains('Tour Shop') button[name='action_check_health']",
            run: "click",
        },
        {
            content: "It is said in words",
            trigger: ".modal td:contains('does not tell changes by itself')",
        },
        {
            content: "Go to the failures",
            trigger:
                ".modal tr:contains('could not be used') button[name='action_fix']",
            run: "click",
        },
        {
            content: "Two messages of one cause are one row: retry them",
            trigger:
                ".o_data_row:contains('Unreadable message') button[name='action_retry_alike']",
            run: "click",
        },
        {
            content: "They are on their way",
            trigger: ".o_notification:contains('processed again')",
        },
        {
            content: "Open the monitoring",
            trigger: "[data-menu-xmlid='ecom_orders.ecom_orders_menu_monitoring']",
            run: "click",
        },
        {
            content: "Look at the certificates",
            trigger: "[data-menu-xmlid='ecom_orders.ecom_completeness_menu']",
            run: "click",
        },
        {
            content: "Open the incomplete day",
            trigger: ".o_data_row:contains('Incomplete') td[name='day']",
            run: "click",
        },
        {
            content: "The missing order is named",
            trigger:
                "[name='order_ids'] .o_data_row:contains('4711'):contains('Missing')",
        },
        {
            content: "Have it fetched",
            trigger: "button[name='action_fetch_missing']",
            run: "click",
        },
        {
            content: "It is being worked on",
            trigger: ".alert:contains('in the background')",
        },
        {
            content: "Open the configuration",
            trigger: "[data-menu-xmlid='ecom_orders.ecom_orders_menu_configuration']",
            run: "click",
        },
        {
            content: "Set another channel up",
            trigger: "[data-menu-xmlid='ecom_orders.ecom_channel_onboard_menu']",
            run: "click",
        },
        {
            content: "Go on to the keys",
            trigger: ".modal button[name='action_next']:contains('Next')",
            run: "click",
        },
        {
            content: "It says where they are found",
            trigger: ".modal:contains('REST API') [name='api_key'] input",
            run: "edit ck_tour",
        },
        {
            content: "Leave it for later",
            trigger: ".modal button[name='action_leave']",
            run: "click",
        },
        {
            content: "The wizard is gone",
            trigger: "body:not(:has(.modal))",
        },
    ],
});
