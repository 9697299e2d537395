import pathlib
import struct

import cv2
import numpy


def varint(number):
    low, high = number & 127, number >> 7
    return bytes([low | 128]) + varint(high) if high else bytes([low])


def sized(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


weights = numpy.arange(6, dtype="<f4").reshape(2, 3)
shape = sized(7, sized(1, b"\x02\x03"))
bias_shape = sized(7, sized(1, b"\x02"))
blob = shape + sized(5, weights.tobytes())
bias = bias_shape + sized(5, struct.pack("<2f", 1, 2))
layer = sized(1, b"ip") + sized(2, b"InnerProduct") + sized(7, blob) + sized(7, bias)
pathlib.Path("net.caffemodel").write_bytes(sized(100, layer))
pathlib.Path("net.prototxt").write_text("""
name: "net"
input: "data"
input_shape { dim: 1 dim: 3 }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 } }
layer { name: "relu" type: "ReLU" bottom: "ip" top: "ip" }
""")
net = cv2.dnn.readNetFromCaffe("net.prototxt", "net.caffemodel")
net.setInput(numpy.array([[1, 2, -1]], dtype="float32"))
print(numpy.allclose(net.forward(), [[1, 8]]))
