import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

/**
 * The morning of the order desk: find the held order, see why it is held, link the
 * unknown product, release an unpaid one, look into the inbox.
 */
registry.category("web_tour.tours").add("ecom_orders_order_desk", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the Ecommerce app",
            trigger: ".o_app[data-menu-xmlid='ecom_orders.ecom_orders_menu_root']",
            run: "click",
        },
        {
            content: "Open the order whose product is unknown",
            trigger: ".o_data_row td[name='ecom_number']:contains('TOUR-SKU')",
            run: "click",
        },
        {
            content: "The form says that it is held",
            trigger: ".alert:contains('held'):contains('Unknown product')",
        },
        {
            content: "Look at the marketplace's data",
            trigger: ".o_notebook a[name='ecom_orders']",
            run: "click",
        },
        {
            content: "The reason tells what to do",
            trigger: "[name='ecom_block_ids'] td:contains('not linked to a product')",
        },
        {
            content: "Fix the cause",
            trigger: "[name='ecom_block_ids'] button[name='action_open_cause']",
            run: "click",
        },
        {
            content: "Choose the product",
            trigger: ".modal [name='product_id'] input",
            run: "edit Product MUG",
        },
        {
            content: "Take it",
            trigger: ".modal .o-autocomplete--dropdown-item:contains('Product MUG')",
            run: "click",
        },
        {
            content: "Save the listing",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "Back to the orders",
            trigger: "body:not(:has(.modal)) .o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "Open the unpaid order",
            trigger: ".o_data_row td[name='ecom_number']:contains('TOUR-UNPAID')",
            run: "click",
        },
        {
            content: "Look at the marketplace's data",
            trigger: ".o_notebook a[name='ecom_orders']",
            run: "click",
        },
        {
            content: "Release it all the same",
            trigger: ".alert button[name='action_ecom_release']",
            run: "click",
        },
        {
            content: "It is confirmed",
            trigger: ".o_arrow_button_current[data-value='sale']",
        },
        {
            content: "Open the monitoring",
            trigger: "[data-menu-xmlid='ecom_orders.ecom_orders_menu_monitoring']",
            run: "click",
        },
        {
            content: "Look into the inbox",
            trigger: "[data-menu-xmlid='ecom_orders.ecom_inbox_message_menu']",
            run: "click",
        },
        {
            content: "Open the failed message",
            trigger: ".o_data_row:contains('Unreadable message') td[name='kind']",
            run: "click",
        },
        {
            content: "It tells what is wrong",
            trigger: ".alert:contains('cannot be understood')",
        },
        {
            content: "Retry it",
            trigger: "button[name='action_retry']",
            run: "click",
        },
        {
            content: "It waits to be processed",
            trigger: ".o_arrow_button_current[data-value='received']",
        },
    ],
});
