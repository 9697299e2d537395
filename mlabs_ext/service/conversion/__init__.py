"""Turns models of Keras and of TensorFlow.js into layers that TensorFlow.js loads, from their JSON and numbers alone."""
