/** Some widgets expect jQuery as a global, as classic notebooks had it; import this first. */
import jquery from "jquery";

Object.assign(window, { $: jquery, jQuery: jquery });
