declare module "*.css";
declare module "jquery";
declare module "jquery-ui/*";
