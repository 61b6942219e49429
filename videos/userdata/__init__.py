"""The one writer of what people say of videos: stars, favorites, views, tags, titles and markers, by video id.

Each kind of mark has a module. Functions that take a mapping or several ids write many rows and run within the caller's
transaction; those that take one `video_id` open one themselves (`saving`), and raise Video.DoesNotExist where the video
is gone. VideoCache, bulk actions, imports, relink, the admin and undo all write through here.
"""
