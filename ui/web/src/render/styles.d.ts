declare module "*.css";
declare module "*.py" {
  const text: string;
  export default text;
}
declare module "jquery";
declare module "jquery-ui/*";
