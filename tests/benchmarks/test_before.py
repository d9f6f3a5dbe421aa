"""What earlier checkouts are compared by is read from what the benchmarks print."""

from benchmarks.before import train, web
from benchmarks.web import Figures


def test_rates_of_training_are_of_the_first_column() -> None:
    printed = (
        "A Processor, 2 cores, a load of 0.1 before\n\n"
        "| hidden, vocabulary, batch | ours | PyTorch | the bound |\n"
        "| --- | ---: | ---: | ---: |\n"
        "| 100, 870, 16 | 4321 | 2454 | 8343 |\n"
        "| 256, 8000, 128 | 512 | – | 701 |\n"
    )
    assert train(printed) == {"100, 870, 16": 4321.0, "256, 8000, 128": 512.0}


def test_a_page_of_20_ms_is_fifty_a_second() -> None:
    one, many = Figures(), Figures()
    one.seconds |= {"page": [0.02] * 3, "captions": [0.5] * 3}
    many.seconds |= {"page": [0.04] * 3}
    printed = f"ready after 0.1 s\n1 visitor:   {one}\n16 visitors: {many}\npages, 95% in: 2.00 times"
    assert web(printed) == {"1 visitor, page": 50.0, "1 visitor, captions": 2.0, "16 visitors, page": 25.0}
