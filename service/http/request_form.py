"""Takes the form variables of a request off the wire: query, urlencoded body or multipart text parts.

Lives here: reading with a bound on bytes and time. The decoding is in `form`. Any protocol may import it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from aiohttp import BodyPartReader, HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

from service.http.form import (
    FormError,
    FormLimits,
    body_too_large,
    decode,
    is_type,
    is_urlencoded,
    parse,
    set_variable,
    too_many_fields,
)
from service.http.php_arrays import Form, merge

if TYPE_CHECKING:
    from collections.abc import Awaitable

Read = TypeVar("Read")

_MULTIPART = "multipart/form-data"


async def parse_request(
    request: web.BaseRequest, limits: FormLimits, lists: frozenset[str] = frozenset()
) -> Form:
    """The variables of a request; only POST has a body that counts. Raises FormError.

    `lists` as for `parse`.
    """
    # The raw target: aiohttp's decoded query no longer tells `+` from `%2B`.
    query = request.raw_path.partition("?")[2]
    content_type = request.headers.get("Content-Type", "")
    if request.method == "POST":
        if is_urlencoded(content_type):
            return parse(query, await _body(request, limits), content_type, limits, lists)
        if is_type(content_type, _MULTIPART):
            parts = await _arriving(_text_parts(request, limits, lists), limits)
            return merge(parse(query, b"", "", limits, lists), parts)
    return parse(query, b"", "", limits, lists)


async def body_of(request: web.BaseRequest, limits: FormLimits) -> bytes:
    """A body of whatever type, for those who read it by themselves. Raises FormError."""
    body = await _body(request, limits)
    if len(body) > limits.body_bytes_max:
        raise body_too_large(limits)
    return body


async def _body(request: web.BaseRequest, limits: FormLimits) -> bytes:
    content = request.content
    if content.is_eof() and content.exception() is None:
        # It came in one piece with the head, as nearly all do: no clock, no waiting. `parse` judges its size.
        return content.read_nowait()
    return await _arriving(_rest(request, limits), limits)


async def _arriving(reading: Awaitable[Read], limits: FormLimits) -> Read:
    try:
        async with asyncio.timeout(limits.body_timeout_s):
            return await reading
    except TimeoutError:
        raise FormError("The request did not arrive in time", 408) from None
    except (ConnectionError, web.RequestPayloadError):
        raise FormError("The request ended early or was malformed") from None


async def _rest(request: web.BaseRequest, limits: FormLimits) -> bytes:
    # Not request.read(): its limit is the application's, and this one must hold for decompressed bytes too.
    if (request.content_length or 0) > limits.body_bytes_max:
        raise body_too_large(limits)
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
        # aiohttp's low-level server leaves this to the handler; curl and PHP wait for it with a large body.
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
    body = await request.content.readany()
    while not request.content.at_eof():
        body += await request.content.readany()
        if len(body) > limits.body_bytes_max:
            raise body_too_large(limits)
    return body


async def _text_parts(request: web.BaseRequest, limits: FormLimits, lists: frozenset[str]) -> Form:
    """Text parts only: PHP keeps files apart from the variables, and the protocols have none."""
    if (request.content_length or 0) > limits.body_bytes_max:
        raise body_too_large(limits)
    form: Form = {}
    size = count = 0
    try:
        async for part in await request.multipart():
            count += 1
            if count > limits.fields_max:
                raise too_many_fields(limits)
            if not isinstance(part, BodyPartReader):
                raise FormError("The request has a multipart body inside another")
            value = bytearray()
            while chunk := await part.read_chunk():
                size += len(chunk)
                if size > limits.body_bytes_max:
                    raise body_too_large(limits)
                if part.filename is None:
                    value += chunk
            if part.filename is None and part.name:
                name = f"{part.name}[]" if part.name in lists else part.name
                set_variable(form, name, decode(bytes(value)), limits)
    except (ValueError, AssertionError, web.HTTPException, HttpProcessingError):
        raise FormError("The multipart body is malformed") from None
    return form
