"""The part of Caffe's .caffemodel format that networks of plain layers need, as protobuf messages.

Field numbers, names and defaults are those of Caffe's caffe.proto (BVLC). One type differs on purpose:
`BlobProto.data` is packed floats there and `bytes` here. Both have the same encoding, and bytes become an
array without a Python float for each of 61 million weights.

The descriptors are built at import from the table below, so neither protoc nor generated code is needed.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_TABLE = """
BlobShape             1 dim int64[]
BlobProto             1 num int32 | 2 channels int32 | 3 height int32 | 4 width int32
BlobProto             5 data bytes | 7 shape BlobShape | 8 double_data bytes
NetStateRule          1 phase int32
InputParameter        1 shape BlobShape[]
ConvolutionParameter  1 num_output uint32 | 2 bias_term bool=true | 3 pad uint32[] | 4 kernel_size uint32[]
ConvolutionParameter  5 group uint32=1 | 6 stride uint32[] | 9 pad_h uint32 | 10 pad_w uint32
ConvolutionParameter  11 kernel_h uint32 | 12 kernel_w uint32 | 13 stride_h uint32 | 14 stride_w uint32
ConvolutionParameter  16 axis int32=1 | 18 dilation uint32[]
InnerProductParameter 1 num_output uint32 | 2 bias_term bool=true | 5 axis int32=1 | 6 transpose bool=false
LRNParameter          1 local_size uint32=5 | 2 alpha float=1 | 3 beta float=0.75 | 4 norm_region int32=0
LRNParameter          5 k float=1
PoolingParameter      1 pool int32=0 | 2 kernel_size uint32 | 3 stride uint32=1 | 4 pad uint32=0
PoolingParameter      5 kernel_h uint32 | 6 kernel_w uint32 | 7 stride_h uint32 | 8 stride_w uint32
PoolingParameter      9 pad_h uint32 | 10 pad_w uint32 | 12 global_pooling bool=false | 13 round_mode int32=0
ReLUParameter         1 negative_slope float=0
SoftmaxParameter      2 axis int32=1
TransformationParameter 1 scale float=1 | 3 crop_size uint32=0 | 4 mean_file string | 5 mean_value float[]
TransformationParameter 7 force_gray bool=false
DataParameter         2 scale float=1 | 3 mean_file string | 5 crop_size uint32=0
LayerParameter        1 name string | 2 type string | 3 bottom string[] | 4 top string[] | 7 blobs BlobProto[]
LayerParameter        8 include NetStateRule[] | 9 exclude NetStateRule[]
LayerParameter        100 transform_param TransformationParameter | 106 convolution_param ConvolutionParameter
LayerParameter        107 data_param DataParameter
LayerParameter        117 inner_product_param InnerProductParameter | 118 lrn_param LRNParameter
LayerParameter        121 pooling_param PoolingParameter | 123 relu_param ReLUParameter
LayerParameter        125 softmax_param SoftmaxParameter | 143 input_param InputParameter
V1LayerParameter      2 bottom string[] | 3 top string[] | 4 name string | 5 type int32 | 6 blobs BlobProto[]
V1LayerParameter      10 convolution_param ConvolutionParameter | 17 inner_product_param InnerProductParameter
V1LayerParameter      11 data_param DataParameter
V1LayerParameter      18 lrn_param LRNParameter | 19 pooling_param PoolingParameter
V1LayerParameter      30 relu_param ReLUParameter | 32 include NetStateRule[] | 33 exclude NetStateRule[]
V1LayerParameter      36 transform_param TransformationParameter | 39 softmax_param SoftmaxParameter
NetParameter          1 name string | 2 layers V1LayerParameter[] | 3 input string[] | 4 input_dim int32[]
NetParameter          8 input_shape BlobShape[] | 100 layer LayerParameter[]
"""

V1_TYPES = {
    1: "Accuracy",
    3: "Concat",
    4: "Convolution",
    5: "Data",
    6: "Dropout",
    8: "Flatten",
    9: "HDF5Data",
    12: "ImageData",
    14: "InnerProduct",
    15: "LRN",
    17: "Pooling",
    18: "ReLU",
    19: "Sigmoid",
    20: "Softmax",
    21: "SoftmaxWithLoss",
    22: "Split",
    23: "TanH",
    24: "WindowData",
    25: "Eltwise",
    26: "Power",
    29: "MemoryData",
    32: "DummyData",
    33: "Slice",
}
"""The newer name of each number in `V1LayerParameter.type`."""

_PACKED = ("BlobShape", "dim")


def _messages() -> dict[str, Any]:
    """Return the message classes of `_TABLE` by name."""
    file = descriptor_pb2.FileDescriptorProto(name="bokeru/caffe.proto", package="caffe", syntax="proto2")
    declared: dict[str, descriptor_pb2.DescriptorProto] = {}
    for line in _TABLE.strip().splitlines():
        name, fields = line.split(maxsplit=1)
        if name not in declared:
            declared[name] = file.message_type.add(name=name)
        for field in fields.split(" | "):
            _declare(declared[name], *field.split())
    # A pool of its own: an installed Caffe registers messages of the same names in the default one.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"caffe.{name}"))
        for name in declared
    }


def _declare(message: descriptor_pb2.DescriptorProto, number: str, name: str, kind: str) -> None:
    """Add a field of `_TABLE` to a message; `kind` is a type, `[]` if repeated, then `=default` if any."""
    kind, _, default = kind.partition("=")
    repeated, kind = kind.endswith("[]"), kind.removesuffix("[]")
    field = message.field.add(name=name, number=int(number))
    field.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
    if default:
        field.default_value = default
    if (message.name, name) == _PACKED:
        field.options.packed = True
    if kind[0].isupper():
        field.type, field.type_name = field.TYPE_MESSAGE, f".caffe.{kind}"
    else:
        field.type = getattr(field, f"TYPE_{kind.upper()}")


_CLASSES = _messages()
NetParameter: Any = _CLASSES["NetParameter"]
LayerParameter: Any = _CLASSES["LayerParameter"]
V1LayerParameter: Any = _CLASSES["V1LayerParameter"]
