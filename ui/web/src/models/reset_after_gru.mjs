// Keras' GRU as it is by default (`reset_after`), which TensorFlow.js lacks: the reset gate comes after the product.

/** Lets models have layers of the class ResetAfterGRU; `tf` is TensorFlow.js. */
export function register(tf) {
  // TensorFlow.js exports functions that make layers, and not the classes themselves.
  const gru = tf.layers.gru({ units: 1 });
  const GRU = gru.constructor;
  const GRUCell = gru.cell.constructor;

  class ResetAfterGRUCell extends GRUCell {
    static className = "ResetAfterGRUCell";

    build(inputShape) {
      const size = inputShape[inputShape.length - 1];
      const add = (name, shape, what) =>
        this.addWeight(name, shape, null, this[`${what}Initializer`], this[`${what}Regularizer`], true, this[`${what}Constraint`]);
      this.kernel = add("kernel", [size, this.units * 3], "kernel");
      this.recurrentKernel = add("recurrent_kernel", [this.units, this.units * 3], "recurrent");
      this.bias = this.useBias ? add("bias", [2, this.units * 3], "bias") : null;
      this.built = true;
    }

    call([inputs, before], kwargs) {
      return tf.tidy(() => {
        const dropped = (what, value, rate) => {
          if (!kwargs?.training || !(rate > 0)) return value;
          // One mask for all steps; the layer lets go of it before the next call.
          this[what] ??= [tf.keep(tf.dropout(tf.onesLike(value), rate))];
          return tf.mul(value, this[what][0]);
        };
        const product = (value, kernel, row) => {
          const result = tf.matMul(value, kernel.read());
          return this.bias ? tf.add(result, tf.squeeze(tf.slice(this.bias.read(), [row, 0], [1, -1]), [0])) : result;
        };
        const x = product(dropped("dropoutMask", inputs, this.dropout), this.kernel, 0);
        const h = product(dropped("recurrentDropoutMask", before, this.recurrentDropout), this.recurrentKernel, 1);
        const [xz, xr, xh] = tf.split(x, 3, 1);
        const [hz, hr, hh] = tf.split(h, 3, 1);
        const z = this.recurrentActivation.apply(tf.add(xz, hz));
        const r = this.recurrentActivation.apply(tf.add(xr, hr));
        const fresh = this.activation.apply(tf.add(xh, tf.mul(r, hh)));
        const after = tf.add(tf.mul(z, before), tf.mul(tf.sub(1, z), fresh));
        return [after, after];
      });
    }
  }

  class ResetAfterGRU extends GRU {
    static className = "ResetAfterGRU";

    constructor(args) {
      super(args);
      this.cell = new ResetAfterGRUCell(args);
    }
  }

  tf.serialization.registerClass(ResetAfterGRUCell);
  tf.serialization.registerClass(ResetAfterGRU);
}
