#!/usr/bin/env python3
# SPDX-FileCopyrightText: The Outbox authors
# SPDX-License-Identifier: CC0-1.0
"""A Django view that takes files by PUT and answers the confirm URL and the amend URL of Outbox. One file, to be read; the three views and the model go
into an app of yours as they are. Usage: django-uploads.py --port N --folder DIR
"""
import argparse
import contextlib
import hashlib
import json
import os
import tempfile
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

arguments = argparse.ArgumentParser()
arguments.add_argument('--port', type=int, required=True)
arguments.add_argument('--folder', required=True)
arguments = arguments.parse_args()
settings.configure(ROOT_URLCONF=__name__, SECRET_KEY='of this example', ALLOWED_HOSTS=['127.0.0.1'], USE_TZ=True,
                   DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': os.path.join(arguments.folder, 'records.db')}})
django.setup()


class Photo(models.Model):
    outbox_id = models.UUIDField(unique=True)
    name = models.TextField()
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    version = models.IntegerField(default=0)  # of what is said of it: its name and its metadata
    metadata = models.JSONField(default=dict)

    class Meta:
        app_label = 'example'


@require_http_methods(['PUT'])
def upload(request, outbox_id, name):
    # The same upload once more, since the answer was lost: it is here, and no second record is made.
    if Photo.objects.filter(outbox_id=outbox_id).exists():
        return HttpResponse(status=200)
    size, digest = 0, hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=arguments.folder) as file:
        while block := request.read(1 << 20):
            file.write(block)
            digest.update(block)
            size += len(block)
        # A body that was cut is no file.
        if size != int(request.headers['Content-Length']):
            return HttpResponse(status=400)
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, os.path.join(arguments.folder, str(outbox_id)))
    Photo.objects.get_or_create(outbox_id=outbox_id, defaults={'name': name, 'sha256': digest.hexdigest(), 'size': size})
    return HttpResponse(status=201)


@require_http_methods(['GET'])
def confirm(request, outbox_id):
    photo = Photo.objects.filter(outbox_id=outbox_id).first()
    answer = {'outbox_id': str(outbox_id), 'stored': photo is not None}
    if photo:
        answer |= {'attached': True, 'record': f'photo {photo.pk}', 'sha256': photo.sha256, 'size': photo.size}
    return JsonResponse(answer, status=200 if photo else 404, headers={'Cache-Control': 'no-store'})


@require_http_methods(['PATCH'])
def amend(request, outbox_id):
    try:
        said = json.loads(request.body)
        version, name, metadata = int(said['version']), str(said['name']), dict(said['metadata'])
    except (KeyError, TypeError, ValueError):
        return JsonResponse({'error': 'no change of an upload'}, status=400)
    # The same change may come twice, and an older one late.
    Photo.objects.filter(outbox_id=outbox_id, version__lt=version).update(version=version, name=name, metadata=metadata)
    photo = Photo.objects.filter(outbox_id=outbox_id).first()
    if not photo:
        return JsonResponse({'outbox_id': str(outbox_id)}, status=404)
    return JsonResponse({'outbox_id': str(outbox_id), 'version': photo.version})


urlpatterns = [path('files/<uuid:outbox_id>/<str:name>', upload), path('confirm/<uuid:outbox_id>', confirm),
               path('amend/<uuid:outbox_id>', amend)]


class ThreadedServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


if __name__ == '__main__':
    if Photo._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Photo)
    with make_server('127.0.0.1', arguments.port, get_wsgi_application(), ThreadedServer, handler_class=QuietHandler) as server:
        print(f'listening on http://127.0.0.1:{server.server_port}/', flush=True)
        server.serve_forever()
