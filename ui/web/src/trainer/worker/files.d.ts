/** Files that the build puts beside the script: importing one gives its address. */
declare module "*.wasm" {
  const address: string;
  export default address;
}
