// The extension's own addition to JupyterLab's build: TypeScript goes straight in, types are checked by `npm run check`.
module.exports = {
  // By default a module's number depends on the folder that the checkout lies in, so that no two machines build the same.
  optimization: { moduleIds: 'natural' },
  resolve: { extensions: ['.ts', '.tsx', '...'] },
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        loader: 'builtin:swc-loader',
        options: {
          jsc: {
            parser: { syntax: 'typescript', tsx: true },
            target: 'es2022',
            transform: { react: { runtime: 'classic' } }
          }
        },
        type: 'javascript/auto'
      }
    ]
  }
};
