"""Turns models of Keras into layers of TensorFlow.js, from their JSON and numbers alone."""
